-- What tells of people is shown to the structure that supports them (shared/migrations/0018.row-level-security.sql).

create index if not exists known_pathways_person_idx on known_pathways (person);
call protect('exists (select from known_pathways k where k.pathway = diagnosed.pathway)', 'diagnosed');
call protect('exists (select from known_pathways k where k.pathway = openings.pathway)', 'openings');
call protect('exists (select from known_pathways k where k.pathway = plans.pathway)', 'plans');
call protect('exists (select from known_pathways k where k.pathway = planned_actions.pathway)', 'planned_actions');
