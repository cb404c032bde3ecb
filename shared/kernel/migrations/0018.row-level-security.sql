-- Whoever asks is shown the rows of the structure that the connection asks for (shared/kernel/database.py), every role but a
-- superuser, the owner too; a connection that does not say is shown nothing. Each service protects its own tables in a
-- migration of its own; tests/pipeline/test_row_level_security.py finds a table that nobody thought of.

create function across_structures() returns boolean language sql stable parallel safe as $$
  select coalesce(current_setting('lieu.across', true), '') = 'on'
$$;
create function own_structure() returns text language sql stable parallel safe as $$
  select nullif(current_setting('lieu.structure', true), '')
$$;

-- `shown`: what a structure sees of these tables, beside those who may see all of them.
create procedure protect(shown text, variadic tables regclass[]) language plpgsql as $$
declare
  t regclass;
begin
  foreach t in array tables loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy of_structure on %s using ((select across_structures()) or (%s))', t, shown);
  end loop;
end $$;

call protect('structure = (select own_structure())', 'known_pathways', 'users.access');

-- Functions, that each query which meets a policy is planned as quickly as without one: written out, what they ask would
-- be planned again with every statement.
create function supports(of uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from public.known_pathways k where k.pathway = of and k.structure = public.own_structure());
end $$;
create function supports_person(of uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from public.known_pathways k where k.person = of and k.structure = public.own_structure());
end $$;
-- A pathway's file whole or not at all: after a transfer it is the new structure's, and what the one before recorded
-- would be half of it. Outside pathways what a structure recorded, and what anyone did of people whom it supports; of
-- the programme's own facts, any structure.
call protect($$
  case when pathway is not null then supports(pathway)
       when structure = (select own_structure()) then true
       when person is not null then supports_person(person)
       else structure is null and (select own_structure()) is not null end
$$, 'events');
create function keeps(of uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from public.events e where e.aggregate = of);
end $$;
call protect('keeps(aggregate)', 'snapshots');
-- Looks by its own people, and at the people whom it now supports.
call protect('structure = (select own_structure()) or supports(pathway) or supports_person(person)', 'readings');
call protect('false', 'answers', 'person_keys', 'erasures', 'parked', 'users.parked');

-- Events are added by append_saves alone (repeatable/append.sql).
do $$ begin
  execute format('revoke insert on events from %I', current_setting('lieu.role'));
  execute format('revoke insert, update on answers from %I', current_setting('lieu.role'));
end $$;
