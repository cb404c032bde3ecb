-- The event store of one service. Owner: migrations. The service's own role may read, append through append_saves
-- (repeatable/append.sql), and take snapshots; it can change or delete no event.

create table head (
  only_row boolean primary key default true check (only_row),
  generation uuid not null default gen_random_uuid(),
  position bigint not null default 0,
  known_at timestamptz not null default '1970-01-01T00:00:00Z'
);
insert into head default values;

create table events (
  position bigint primary key,
  save uuid not null,              -- one per save: resolves a commit whose confirmation was lost
  aggregate uuid not null,
  version integer not null,
  name text not null,
  state json not null,
  structure text,
  pathway uuid,
  person uuid,
  actor text not null,
  happened_on date,
  known_at timestamptz not null,
  rule text,
  historical boolean not null,
  traceparent text,
  unique (aggregate, version)
);
create index on events (pathway) where pathway is not null;
create index on events (save);

create table snapshots (
  aggregate uuid primary key,
  version integer not null,
  name text not null,
  state json not null
);

-- Answers given under an Idempotency-Key, kept 24 hours.
create table answers (
  caller text not null,
  route text not null,
  key text not null,
  body_hash bytea not null,
  answer json not null,
  known_at timestamptz not null,
  primary key (caller, route, key)
);
create index on answers (known_at);

do $$ begin
  execute format('grant select, insert on events to %I', current_setting('lieu.role'));
  execute format('grant select, update on head to %I', current_setting('lieu.role'));
  execute format('grant select, insert, update on snapshots to %I', current_setting('lieu.role'));
  execute format('grant select, insert, update, delete on answers to %I', current_setting('lieu.role'));
end $$;
