-- Whether processing of the person's data is restricted, as intake told of the pathway (shared/kernel/known_pathways.py).

alter table known_pathways add column restricted boolean not null default false;
