-- The read models, twice: one set answers while the other is rebuilt (services/reporting/read_models/rebuild.py).
-- Every row says what was known from known_from until known_to ('infinity': still), half-open.

create schema read_model_a;
create schema read_model_b;
create table active_read_model (only_row boolean primary key default true check (only_row), name text not null);
insert into active_read_model (name) values ('read_model_a');

set local search_path to read_model_a;

-- How each aggregate (or activity) now stands, whole: what the next event is folded into.
create table folds (
  projection text not null,
  entity uuid not null,
  version integer not null,
  known_from timestamptz not null,
  state json not null,
  primary key (projection, entity)
);
create table structures (
  entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
  structure text not null, name text not null, department text not null,
  primary key (entity, known_from)
);
create table intake (
  entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
  structure text, person uuid, requested_on date, welcomed_on date, started_on date, withdrawn_on date,
  sex text, age text, unemployment text, qualification text, requester text, housing text,
  primary key (entity, known_from)
);
create index on intake (structure) where known_to = 'infinity';
create table diagnostic (
  entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
  diagnosed boolean not null, planned boolean not null, scored_twice boolean not null, remobilised boolean not null,
  barriers_examined integer not null, barriers_reduced integer not null,
  primary key (entity, known_from)
);
create table activities (
  entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
  pathway uuid not null, kind text not null, started_on date not null, hours numeric not null, attended boolean not null,
  primary key (entity, known_from)
);
create index on activities (pathway);
create index on activities (started_on);
create table outcomes (
  entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
  exited_on date, exit_class text, deceased boolean not null,
  asked_3 boolean not null, reached_3 boolean not null, employed_3 boolean not null,
  asked_6 boolean not null, reached_6 boolean not null, employed_6 boolean not null,
  asked_12 boolean not null, reached_12 boolean not null, employed_12 boolean not null,
  primary key (entity, known_from)
);
create table subscription (
  stream text primary key, generation text not null, position bigint not null, watermark timestamptz
);
create table parked (
  stream text not null, generation text not null, position bigint not null, key text not null, event json not null,
  reason text not null, parked_at timestamptz not null default clock_timestamp(), discarded_at timestamptz,
  primary key (stream, generation, position)
);
create index on parked (stream, key);

create table read_model_b.folds (like folds including all);
create table read_model_b.structures (like structures including all);
create table read_model_b.intake (like intake including all);
create table read_model_b.diagnostic (like diagnostic including all);
create table read_model_b.activities (like activities including all);
create table read_model_b.outcomes (like outcomes including all);
create table read_model_b.subscription (like subscription including all);
create table read_model_b.parked (like parked including all);
set local search_path to public;

do $$ declare role text := current_setting('lieu.role'); begin
  execute format('grant usage on schema read_model_a, read_model_b to %I', role);
  execute format('grant select, insert, update, delete, truncate on all tables in schema read_model_a to %I', role);
  execute format('grant select, insert, update, delete, truncate on all tables in schema read_model_b to %I', role);
  execute format('grant select, update on active_read_model to %I', role);
end $$;
