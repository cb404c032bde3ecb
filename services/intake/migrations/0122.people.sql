-- Where each pathway stands, who holds it and who advises (services/intake/views/people.py). An exit may be heard of
-- before the request.

alter table requests alter column structure drop not null;
alter table requests alter column requested_on drop not null;
alter table requests
  add column received boolean not null default false,
  add column welcomed_on date,
  add column started_on date,
  add column withdrawn_on date,
  add column set_aside_on date,
  add column paused_on date,
  add column adviser text,
  add column restricted boolean not null default false,
  add column archived boolean not null default false,
  add column exited_on date,
  add column outcomes_version integer not null default 0;

-- What the view heard before it kept these.
create function last_told(of uuid, names text[]) returns table (name text, day date) language sql stable as $$
  select e.name, (e.state -> 'fact' ->> 'on')::date from events e
   where e.aggregate = of and e.name = any (names) order by e.version desc limit 1
$$;
update requests r set
  welcomed_on = (select day from last_told(r.pathway, '{intake.pathway-welcomed,intake.welcome-corrected}')),
  started_on = (select day from last_told(r.pathway, '{intake.support-started,intake.start-corrected}')),
  withdrawn_on = (select day from last_told(r.pathway, '{intake.pathway-withdrawn,intake.withdrawal-corrected}')),
  restricted = coalesce((select name = 'intake.processing-restricted'
    from last_told(r.pathway, '{intake.processing-restricted,intake.restriction-lifted}')), false);
drop function last_told(uuid, text[]);
update requests r set archived = coalesce(
  (select e.name = 'intake.pathway-archived' from events e
    where e.aggregate = r.pathway and e.name in ('intake.pathway-archived', 'intake.pathway-reactivated')
    order by e.version desc limit 1), false);
update requests r set exited_on = k.exited_on, outcomes_version = k.outcomes_version
  from known_pathways k where k.pathway = r.pathway;

-- Takes their index with them.
alter table requests drop column welcomed, drop column started, drop column withdrawn;
create index on requests (structure, requested_on)
  where welcomed_on is null and started_on is null and withdrawn_on is null and not archived;
create index on requests (structure, adviser, requested_on) where exited_on is null and withdrawn_on is null;
create index on requests (structure, requested_on);

-- Whose pathways are moved when an adviser leaves (services/intake/application/course.py).
create index on events ((state -> 'fact' ->> 'adviser')) where name = 'intake.adviser-assigned';

alter table structures add column welcome_within integer not null default 7;

-- When people are asked to come (services/intake/views/appointments.py); the id is the caller's, so a pathway's own.
create table appointments (
  pathway uuid not null,
  appointment uuid not null,
  structure text not null,
  day date not null,
  status text not null,
  version integer not null,
  primary key (pathway, appointment)
);
create index on appointments (structure, day);
create index on appointments (day);
create index on appointments (pathway, day) where status = 'offered';

do $$ begin
  execute format('grant select, insert, update, delete on appointments to %I', current_setting('lieu.role'));
end $$;
