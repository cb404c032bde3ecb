-- What tells of people is shown to the structure that supports them (shared/kernel/migrations/0018.row-level-security.sql).

-- Who holds each pathway, as repeatable/holder.sql keeps it from here on.
create index if not exists known_pathways_person_idx on known_pathways (person);
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
