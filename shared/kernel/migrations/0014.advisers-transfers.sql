-- Who advises, and whether the pathway was received from another structure, as intake told (shared/kernel/known_pathways.py).

alter table known_pathways add column adviser text;
alter table known_pathways add column received boolean not null default false;
create index on known_pathways (structure);
