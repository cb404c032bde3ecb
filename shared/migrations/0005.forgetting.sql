-- Forgetting a person (shared/forgetting.py). Of an erased id only a keyed digest is left, by which late, repeated or
-- imported copies are recognised. The secret makes digests of two databases, or of a guess without it, incomparable.

create table forgetting_secret (
  only_row boolean primary key default true check (only_row),
  secret bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
insert into forgetting_secret default values;

create table forgotten (
  digest bytea primary key,
  at timestamptz not null default clock_timestamp()
);

-- An erasure under way, with the ids that it is about; they are dropped when it is done.
create table erasures (
  erasure uuid primary key,
  persons uuid[],
  pathways uuid[],
  stage text not null check (stage in ('accepted', 'rewritten', 'deleted', 'done')),
  accepted_by text[] not null default '{}',
  destroyed json,
  attempts integer not null default 0,   -- at deleting the messages
  at timestamptz not null default clock_timestamp()
);

-- Saves of a forgotten pathway or person are refused like saves on an old version.
drop function append_saves;
create function append_saves(
  e_save uuid[], e_aggregate uuid[], e_version integer[], e_name text[], e_state text[], e_structure text[],
  e_pathway uuid[], e_person uuid[], e_actor text[], e_happened_on date[], e_rule text[], e_historical boolean[],
  e_traceparent text[],
  k_save uuid[], k_caller text[], k_route text[], k_key text[], k_hash bytea[], k_answer text[],
  f_save uuid[], f_digest bytea[]
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
    union all
    select f.save from unnest(f_save, f_digest) f(save, digest) join forgotten g on g.digest = f.digest
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

-- What the service's own role may not do by itself: take events away, and only those of an erasure under way.
create function forget_events(of uuid) returns table (events bigint, snapshots bigint, keys bigint)
language plpgsql volatile security definer set search_path = public as $$
declare
  gone uuid[];
begin
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
  select array_agg(distinct x.aggregate) into gone from events x
    join erasures e on e.erasure = of and (x.pathway = any (e.pathways) or x.person = any (e.persons));
  delete from snapshots s where s.aggregate = any (gone);
  get diagnostics snapshots = row_count;
  delete from events x where x.aggregate = any (gone) or x.aggregate = of;
  get diagnostics events = row_count;
  delete from person_keys k using erasures e where e.erasure = of and k.person = any (e.persons);
  get diagnostics keys = row_count;
  delete from answers a using erasures e
   where e.erasure = of and exists (
     select from unnest(e.pathways || e.persons) id where a.route like '%' || id || '%' or a.answer::text like '%' || id || '%');
  delete from known_pathways k using erasures e where e.erasure = of and k.pathway = any (e.pathways);
  delete from parked p using erasures e where e.erasure = of and p.key = any (e.pathways::text[]);
  return next;
end $$;

do $$ declare role text := current_setting('lieu.role'); begin
  execute format('grant select on forgetting_secret to %I', role);
  execute format('grant select, insert on forgotten to %I', role);
  execute format('grant select, insert, update on erasures to %I', role);
end $$;
