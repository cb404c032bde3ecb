-- What tells of people is shown to the structure that supports them (shared/kernel/migrations/0018.row-level-security.sql).

create index if not exists known_pathways_person_idx on known_pathways (person);
call protect('supports(pathway)', 'exits', 'asked', 'due', 'attempts', 'situations', 'employment_supports');
