-- Whether a pathway is archived in intake: then nothing is recorded of it (shared/kernel/known_pathways.py).

alter table known_pathways add column archived boolean not null default false;
