-- Who was let in and who is kept out, as intake tells (shared/kernel/users.py), followed by a consumer of its own.

create schema users;
create table users.subscription (like public.subscription including all);
create table users.parked (like public.parked including all);

create table users.access (
  id uuid primary key,
  subject text not null,
  structure text not null,         -- its code, or `programme`
  role text,                       -- null: as their issuer says
  withdrawn boolean not null,
  version integer not null
);
create index on users.access (subject);
create index on users.access (structure, subject);

do $$ begin
  execute format('grant usage on schema users to %I', current_setting('lieu.role'));
  execute format('grant select, insert, update, delete on users.subscription, users.parked to %I',
                 current_setting('lieu.role'));
  execute format('grant select, insert, update on users.access to %I', current_setting('lieu.role'));
end $$;
