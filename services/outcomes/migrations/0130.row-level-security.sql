-- What tells of people is shown to the structure that supports them (shared/migrations/0018.row-level-security.sql).

create index if not exists known_pathways_person_idx on known_pathways (person);
call protect('exists (select from known_pathways k where k.pathway = exits.pathway)', 'exits');
call protect('exists (select from known_pathways k where k.pathway = asked.pathway)', 'asked');
call protect('exists (select from known_pathways k where k.pathway = due.pathway)', 'due');
call protect('exists (select from known_pathways k where k.pathway = attempts.pathway)', 'attempts');
call protect('exists (select from known_pathways k where k.pathway = situations.pathway)', 'situations');
call protect('exists (select from known_pathways k where k.pathway = employment_supports.pathway)', 'employment_supports');
