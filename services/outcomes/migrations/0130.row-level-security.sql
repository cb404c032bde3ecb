-- What tells of people is shown to the structure that supports them (shared/migrations/0018.row-level-security.sql).

create index if not exists known_pathways_person_idx on known_pathways (person);
call protect('supports(pathway)', 'exits');
call protect('supports(pathway)', 'asked');
call protect('supports(pathway)', 'due');
call protect('supports(pathway)', 'attempts');
call protect('supports(pathway)', 'situations');
call protect('supports(pathway)', 'employment_supports');
