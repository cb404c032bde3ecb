-- Forgetting a person (shared/people/forgetting.py).

-- What the service's own role may not do by itself: take events away, and only those of an erasure under way.
create or replace function forget_events(of uuid) returns table (events bigint, snapshots bigint, keys bigint)
language plpgsql volatile security definer set search_path = public as $$
declare
  gone uuid[];
begin
  perform append_lock();
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

-- The same of one correspondent (shared/people/correspondents.py), and of no other events.
-- `file` is the aggregate and the person of its events, `id` what routes and answers call it.
create or replace function forget_correspondent(file uuid, id uuid) returns table (events bigint, snapshots bigint, keys bigint)
language plpgsql volatile security definer set search_path = public as $$
begin
  perform append_lock();
  if not exists (select from events x where x.aggregate = file and x.name = 'correspondent.recorded') then
    return query select 0::bigint, 0::bigint, 0::bigint;
    return;
  end if;
  delete from snapshots s where s.aggregate = file;
  get diagnostics snapshots = row_count;
  delete from events x where x.aggregate = file;
  get diagnostics events = row_count;
  delete from person_keys k where k.person = file;
  get diagnostics keys = row_count;
  delete from answers a
   where a.route like '%/correspondents/' || id || '/%' or a.answer::text like '%' || file || '%';
  return next;
end $$;
