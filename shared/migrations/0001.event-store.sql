-- The event store of one service. Owner: migrations. The service's own role may read, append through
-- append_saves, and take snapshots; it can change or delete no event.

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

-- Appends a group of saves in one transaction. The lock comes first and in a statement of its own: each later
-- statement of a volatile function takes its snapshot after the wait, so that versions are checked against all
-- that is committed, and positions and known_at become visible in order.
-- A save whose aggregate has moved on, or whose idempotency key is taken, is refused alone; a save goes in whole
-- or not at all. The caller puts at most one save of an aggregate, and one of a key, into a group.
create function append_saves(
  e_save uuid[], e_aggregate uuid[], e_version integer[], e_name text[], e_state text[], e_structure text[],
  e_pathway uuid[], e_person uuid[], e_actor text[], e_happened_on date[], e_rule text[], e_historical boolean[],
  e_traceparent text[],
  k_save uuid[], k_caller text[], k_route text[], k_key text[], k_hash bytea[], k_answer text[]
) returns table (refused uuid[], first_position bigint, appended_at timestamptz)
language plpgsql volatile as $$
declare
  bad uuid[];
  added bigint;
  base bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
  select coalesce(array_agg(distinct conflict.save), '{}') into bad from (
    select e.save
      from (select distinct on (u.save) u.save, u.aggregate, u.version
              from unnest(e_save, e_aggregate, e_version) u(save, aggregate, version)
             order by u.save, u.version) e
     where exists (select from events x where x.aggregate = e.aggregate and x.version >= e.version)
        or (e.version > 1
            and not exists (select from events x where x.aggregate = e.aggregate and x.version = e.version - 1))
    union all
    select k.save from unnest(k_save, k_caller, k_route, k_key) k(save, caller, route, key)
      join answers a on a.caller = k.caller and a.route = k.route and a.key = k.key
       and a.known_at > clock_timestamp() - interval '24 hours'
  ) conflict;
  select count(*) into added from unnest(e_save) u(save) where u.save <> all (bad);
  -- Strictly later than every earlier group, so that an instant holds whole groups and never half of one.
  update head h
     set position = h.position + added,
         known_at = greatest(clock_timestamp(), h.known_at + interval '1 microsecond')
  returning h.position - added, h.known_at into base, moment;
  insert into events (position, save, aggregate, version, name, state, structure, pathway, person, actor,
                      happened_on, known_at, rule, historical, traceparent)
  select base + row_number() over (order by u.place), u.save, u.aggregate, u.version, u.name, u.state::json,
         u.structure, u.pathway, u.person, u.actor, u.happened_on, moment, u.rule, u.historical, u.traceparent
    from unnest(e_save, e_aggregate, e_version, e_name, e_state, e_structure, e_pathway, e_person, e_actor,
                e_happened_on, e_rule, e_historical, e_traceparent)
         with ordinality u(save, aggregate, version, name, state, structure, pathway, person, actor,
                           happened_on, rule, historical, traceparent, place)
   where u.save <> all (bad);
  insert into answers (caller, route, key, body_hash, answer, known_at)
  select k.caller, k.route, k.key, k.hash, k.answer::json, moment
    from unnest(k_save, k_caller, k_route, k_key, k_hash, k_answer) k(save, caller, route, key, hash, answer)
   where k.save <> all (bad)
  on conflict (caller, route, key) do update
     set body_hash = excluded.body_hash, answer = excluded.answer, known_at = excluded.known_at;
  return query select bad, base + 1, moment;
end $$;

-- Lets time pass where nothing happens: an instant up to which everything that will ever be known is known.
create function let_time_pass() returns table (at_position bigint, at_known_at timestamptz)
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
  return query update head h set known_at = greatest(clock_timestamp(), h.known_at + interval '1 microsecond')
    returning h.position, h.known_at;
end $$;

do $$ begin
  execute format('grant select, insert on events to %I', current_setting('lieu.role'));
  execute format('grant select, update on head to %I', current_setting('lieu.role'));
  execute format('grant select, insert, update on snapshots to %I', current_setting('lieu.role'));
  execute format('grant select, insert, update, delete on answers to %I', current_setting('lieu.role'));
end $$;
