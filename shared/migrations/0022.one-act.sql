-- A save is one act: whatever files it looked at must still stand as they were, and of the persons whose pathways it
-- listed nobody may have got another one since; else the whole save is refused. The function of before stays beside
-- this one: in a rolling update a process of the version before still calls it.

create function append_saves(
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
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
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

-- Beside the append function of before, with the same rights.
do $$ declare
  append regprocedure := (select oid from pg_proc
                           where proname = 'append_saves' and pronamespace = 'public'::regnamespace and pronargs = 29);
begin
  execute format('revoke all on function %s from public', append);
  execute format('grant execute on function %s to %I', append, current_setting('lieu.role'));
end $$;
