-- Whose the requests are: who is found in a structure (services/intake/application/).

alter table requests add column person uuid;
create index on requests (structure, person);
create index on requests (person);
create index on events ((state ->> 'fact')) where name = 'intake.person-merged';

-- What each service says it destroyed (services/intake/views/).
create table erasure_reports (
  erasure uuid not null,
  service text not null,
  destroyed json not null,
  known_at timestamptz not null,
  primary key (erasure, service)
);

do $$ begin
  execute format('grant delete on requests to %I', current_setting('lieu.role'));
  execute format('grant select, insert on erasure_reports to %I', current_setting('lieu.role'));
end $$;
