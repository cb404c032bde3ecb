-- What tells of people is shown to the structure that supports them (shared/migrations/0018.row-level-security.sql).

-- Who holds a pathway, and whose it is, from the moment at which that is recorded: what is asked of a file a moment
-- later must find it whole.
create index if not exists known_pathways_person_idx on known_pathways (person);
create function keep_holder() returns trigger language plpgsql as $$
begin
  insert into known_pathways as k (pathway, structure, person) values (new.pathway, new.structure, new.person)
  on conflict (pathway) do update set structure = excluded.structure, person = excluded.person;
  return null;
end $$;
create trigger keep_holder after insert on events for each row
  when (new.name in ('intake.pathway-requested', 'intake.request-corrected', 'intake.pathway-received'))
  execute function keep_holder();
insert into known_pathways as k (pathway, structure, person)
select distinct on (pathway) pathway, structure, person from events
 where name in ('intake.pathway-requested', 'intake.request-corrected', 'intake.pathway-received')
 order by pathway, position desc
on conflict (pathway) do update set structure = excluded.structure, person = excluded.person;

call protect('structure = (select own_structure())', 'requests');
call protect('supports(pathway)', 'appointments', 'contacts.pathways', 'contacts.facts');
call protect('supports_person(person)', 'contacts.persons');
call protect('false', 'contacts.parked');

-- Whom a person was merged into, and who advises: columns, as a condition on what a text holds may not come before a
-- policy, and so finds no index.
alter table events add column found_by text generated always as (
  case name when 'intake.person-merged' then state ->> 'fact'
            when 'intake.adviser-assigned' then state -> 'fact' ->> 'adviser' end) stored;
create index on events (found_by, name) where found_by is not null;
drop index events_expr_idx, events_expr_idx1;
