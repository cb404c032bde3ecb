-- Tutors, employers' contacts and others (shared/correspondents.py): listed by structure, and forgotten one by one.

create index on events (structure, position) where name = 'correspondent.recorded';

-- What the service's own role may not do by itself: take events away, and here only those of one correspondent.
-- `file` is the aggregate and the person of its events, `id` what routes and answers call it.
create function forget_correspondent(file uuid, id uuid) returns table (events bigint, snapshots bigint, keys bigint)
language plpgsql volatile security definer set search_path = public as $$
begin
  perform pg_advisory_xact_lock(hashtext('lieu.append'));
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
