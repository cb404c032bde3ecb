-- The last contact of every person and how far their file is (services/intake/contacts.py). In a schema of its own, with
-- positions of its own: it follows streams that intake's other reactions follow too, and from their beginning.

create schema contacts;
create table contacts.subscription (like public.subscription including all);
create table contacts.parked (like public.parked including all);

-- Whose pathway it is.
create table contacts.pathways (
  pathway uuid primary key,
  person uuid not null,
  version integer not null
);
create index on contacts.pathways (person);

-- One row a fact that may be a contact, as corrected now; null: it did not take place, or was none.
create table contacts.facts (
  pathway uuid not null,
  fact text not null,
  happened_on date,
  imported boolean not null,
  version integer not null,
  primary key (pathway, fact)
);

-- One row a person. What the aggregate Retention says is repeated here, so that those due are found by an index;
-- unsettled: a step was begun and is not known to have ended, or a pathway came that may have to be archived or opened.
create table contacts.persons (
  person uuid primary key,
  last_contact date,
  imported_only boolean not null default true,
  announced_on date,
  announced_contact date,
  archived_on date,
  due_on date,
  unsettled boolean not null default false
);
create index on contacts.persons (due_on, person) where due_on is not null;
create index on contacts.persons (person)
  where announced_on is not null and last_contact > announced_contact or unsettled;

-- The days on which a whole run was made by itself.
create table contacts.runs (
  day date primary key
);

do $$ declare role text := current_setting('lieu.role'); begin
  execute format('grant usage on schema contacts to %I', role);
  execute format('grant select, insert, update, delete on all tables in schema contacts to %I', role);
end $$;
