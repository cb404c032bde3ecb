-- In which département each structure is, as intake tells (shared/kernel/known_structures.py), followed by a consumer of its own.

create schema structures;
create table structures.subscription (like public.subscription including all);
create table structures.parked (like public.parked including all);

create table structures.known (
  structure text primary key,
  department text not null,
  version integer not null
);
call protect('false', 'structures.parked');

do $$ declare
  role text := current_setting('lieu.role');
begin
  execute format('grant usage on schema structures to %I', role);
  execute format('grant select, insert, update, delete on structures.subscription, structures.parked to %I', role);
  execute format('grant select, insert, update on structures.known to %I', role);
end $$;
