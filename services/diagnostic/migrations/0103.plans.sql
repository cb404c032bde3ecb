-- Diagnostics that wait, plans and their actions (services/diagnostic/views/).

create table openings (pathway uuid primary key, opened_on date, version integer not null);
create table plans (
  pathway uuid,
  plan uuid,
  agreed_on date,
  review_on date,
  revises uuid,
  version integer not null,
  primary key (pathway, plan)
);
create table planned_actions (
  pathway uuid,
  action uuid,
  plan uuid not null,
  kind text not null,
  barrier text,
  due_on date,
  open boolean not null default true,
  version integer not null,
  primary key (pathway, action)
);
create index on planned_actions (pathway) where open;
-- Those who are still supported: every list begins with them, so that none grows with those who left.
create index on known_pathways (structure, adviser) where exited_on is null;
-- The views have heard of diagnostics alone: they begin again, with the first plan that was ever agreed.
delete from subscription where stream = 'DIAGNOSTIC';

do $$ begin
  execute format(
    'grant select, insert, update, delete on openings, plans, planned_actions to %I', current_setting('lieu.role'));
end $$;
