-- Who was shown what of a person (shared/http/readings.py).

-- Notes what is about to be shown, and returns the places (from 1) of what may be: nobody who is being forgotten.
-- The lock comes first and in a statement of its own: what waited for `forget_readings` then sees the ledger, and what
-- came before is deleted by it, so that no id comes back after an erasure.
create or replace function note_readings(
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

create or replace function forget_readings(of uuid) returns void
language plpgsql volatile security definer set search_path = public as $$
begin
  perform pg_advisory_xact_lock(hashtext('lieu.readings'));
  delete from readings r using erasures e
   where e.erasure = of and (r.person = any (e.persons) or r.pathway = any (e.pathways));
end $$;

create or replace function drop_old_readings() returns bigint
language plpgsql volatile security definer set search_path = public as $$
declare
  gone bigint;
begin
  delete from readings where at < clock_timestamp() - interval '12 months';
  get diagnostics gone = row_count;
  return gone;
end $$;
