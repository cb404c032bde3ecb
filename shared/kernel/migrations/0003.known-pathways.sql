-- What this service has heard of pathways from the other services' events (shared/kernel/known_pathways.py).

create table known_pathways (
  pathway uuid primary key,
  structure text,
  person uuid,
  requested_on date,
  started_on date,
  intake_version integer not null default 0,
  exited_on date,
  outcomes_version integer not null default 0
);

do $$ begin
  execute format('grant select, insert, update on known_pathways to %I', current_setting('lieu.role'));
end $$;
