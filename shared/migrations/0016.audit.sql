-- The audit (shared/audit.py): with each reading and each event, under which role and token, and in which trace.
-- Both tables stay as they were: the service's own role adds rows and changes none. The functions of before stay beside
-- the new ones of the same name: in a rolling update a process of the version before still calls them.

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

create function note_readings(
  r_person uuid[], r_pathway uuid[], r_person_digest bytea[], r_pathway_digest bytea[],
  r_reader text, r_role text, r_structure text, r_route text, r_token text, r_trace text
) returns setof bigint
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('lieu.readings'));
  return query
    with allowed as (
      select u.place, u.person, u.pathway
        from unnest(r_person, r_pathway, r_person_digest, r_pathway_digest)
             with ordinality u(person, pathway, person_digest, pathway_digest, place)
       where not exists (select from forgotten f where f.digest in (u.person_digest, u.pathway_digest))
    ), noted as (
      insert into readings (person, pathway, reader, role, structure, route, token, trace)
      select a.person, a.pathway, r_reader, r_role, r_structure, r_route, r_token, r_trace from allowed a
    )
    select a.place from allowed a;
end $$;

-- As before, with the role and the token of each event.
create function append_saves(
  e_save uuid[], e_aggregate uuid[], e_version integer[], e_name text[], e_state text[], e_structure text[],
  e_pathway uuid[], e_person uuid[], e_actor text[], e_happened_on date[], e_rule text[], e_historical boolean[],
  e_traceparent text[], e_role text[], e_token text[],
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
