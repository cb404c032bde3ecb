-- Training's own question (services/training/views/).

create table activities (
  activity uuid primary key,
  pathway uuid not null,
  structure text not null,
  kind text not null,
  started_on date not null,
  ended_on date not null,
  hours numeric,
  status text not null,
  version integer not null
);
create index on activities (structure, started_on);

do $$ begin
  execute format('grant select, insert, update on activities to %I', current_setting('lieu.role'));
end $$;
