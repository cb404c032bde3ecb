-- One append order (docs/decisions/0001-one-append-order.md). This lock comes first and in a statement of its own: each
-- later statement of a volatile function takes its snapshot after the wait, so that versions are checked against all
-- that is committed, and positions and known_at become visible in order.
create or replace function append_lock() returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
end $$;

-- One whose arguments change stands beside that of before for one version, as in a rolling update a process of the
-- version before still calls it; then this takes it away.
do $$ declare
  before regprocedure;
begin
  for before in select oid from pg_proc
                 where proname = 'append_saves' and pronamespace = 'public'::regnamespace and pronargs <> 29 loop
    execute format('drop function %s', before);
  end loop;
end $$;

-- Appends a group of saves in one transaction. A save is one act, and goes in whole or not at all: whatever files it
-- looked at must still stand as they were, of the persons whose pathways it listed nobody may have got another one since,
-- its idempotency key must be free, and nobody whom it concerns be forgotten; else it is refused alone. The caller puts
-- into a group at most one save of an idempotency key, and none that looks at what another of them changes.
-- It runs as the owner, who alone may add events; its caller asks across structures, as versions are checked against all
-- that is stored. A save is checked and added by index, by the plan that was made once: planned for each group it took
-- longer than the rest of a small one. No other plan is let in, or one that was made while the tables were empty would
-- read them whole.
create or replace function append_saves(
  e_save uuid[], e_aggregate uuid[], e_version integer[], e_name text[], e_state text[], e_structure text[],
  e_pathway uuid[], e_person uuid[], e_actor text[], e_happened_on date[], e_rule text[], e_historical boolean[],
  e_traceparent text[], e_role text[], e_token text[],
  k_save uuid[], k_caller text[], k_route text[], k_key text[], k_hash bytea[], k_answer text[],
  f_save uuid[], f_digest bytea[],
  s_save uuid[], s_aggregate uuid[], s_version integer[],   -- what stood, 0: nothing
  l_save uuid[], l_person uuid[], l_position bigint[]       -- whose pathways were listed, and up to where
) returns table (refused uuid[], first_position bigint, appended_at timestamptz)
language plpgsql volatile security definer set search_path = public
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  bad uuid[];
  added bigint;
  base bigint;
  moment timestamptz;
begin
  perform append_lock();
  select coalesce(array_agg(distinct conflict.save), '{}') into bad from (
    select s.save from unnest(s_save, s_aggregate, s_version) s(save, aggregate, version)
     where exists (select from events x where x.aggregate = s.aggregate and x.version > s.version)
        or (s.version > 0
            and not exists (select from events x where x.aggregate = s.aggregate and x.version = s.version))
    union all
    select l.save from unnest(l_save, l_person, l_position) l(save, person, place)
     where exists (select from events x where x.person = l.person and x.pathway is not null and x.position > l.place)
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
                      happened_on, known_at, rule, historical, traceparent, role, token)
  select base + row_number() over (order by u.place), u.save, u.aggregate, u.version, u.name, u.state::json,
         u.structure, u.pathway, u.person, u.actor, u.happened_on, moment, u.rule, u.historical, u.traceparent,
         u.role, u.token
    from unnest(e_save, e_aggregate, e_version, e_name, e_state, e_structure, e_pathway, e_person, e_actor,
                e_happened_on, e_rule, e_historical, e_traceparent, e_role, e_token)
         with ordinality u(save, aggregate, version, name, state, structure, pathway, person, actor,
                           happened_on, rule, historical, traceparent, role, token, place)
   where u.save <> all (bad);
  insert into answers (caller, route, key, body_hash, answer, known_at)
  select k.caller, k.route, k.key, k.hash, k.answer::json, moment
    from unnest(k_save, k_caller, k_route, k_key, k_hash, k_answer) k(save, caller, route, key, hash, answer)
   where k.save <> all (bad)
  on conflict (caller, route, key) do update
     set body_hash = excluded.body_hash, answer = excluded.answer, known_at = excluded.known_at;
  return query select bad, base + 1, moment;
end $$;

revoke all on function append_saves from public;
do $$ begin
  execute format('grant execute on function append_saves to %I', current_setting('lieu.role'));
end $$;

-- Lets time pass where nothing happens: an instant up to which everything that will ever be known is known.
create or replace function let_time_pass() returns table (at_position bigint, at_known_at timestamptz)
language plpgsql volatile as $$
begin
  perform append_lock();
  return query update head h set known_at = greatest(clock_timestamp(), h.known_at + interval '1 microsecond')
    returning h.position, h.known_at;
end $$;
