-- The audit (shared/people/audit.py): with each reading and each event, under which role and token, and in which trace.
-- Both tables stay as they were: the service's own role adds rows and changes none.

alter table readings add column id bigint generated always as identity;
alter table readings add column token text;        -- its jti, else the beginning of its SHA-256
alter table readings add column trace text;
alter table readings add column asked_user text;   -- whose acts were asked for, where no person's
alter table readings drop constraint readings_check;
alter table readings add constraint names_somebody
  check (person is not null or pathway is not null or asked_user is not null);
create index on readings (reader, at);

alter table events add column role text;
alter table events add column token text;
create index on events (actor, known_at);
