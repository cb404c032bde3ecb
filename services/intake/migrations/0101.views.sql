-- Intake's own questions (services/intake/views/).

create table structures (
  structure text primary key,
  name text not null,
  department text not null,
  version integer not null
);

create table requests (
  pathway uuid primary key,
  structure text not null,
  requested_on date not null,
  welcomed boolean not null,
  started boolean not null,
  withdrawn boolean not null,
  version integer not null
);
create index on requests (structure, requested_on) where not welcomed and not started and not withdrawn;

do $$ begin
  execute format('grant select, insert, update on structures, requests to %I', current_setting('lieu.role'));
end $$;
