-- Who holds a pathway, and whose it is, from the moment at which that is recorded: what is asked of a file a moment
-- later must find it whole.
create or replace function keep_holder() returns trigger language plpgsql as $$
begin
  insert into known_pathways as k (pathway, structure, person) values (new.pathway, new.structure, new.person)
  on conflict (pathway) do update set structure = excluded.structure, person = excluded.person;
  return null;
end $$;
create or replace trigger keep_holder after insert on events for each row
  when (new.name in ('intake.pathway-requested', 'intake.request-corrected', 'intake.pathway-received'))
  execute function keep_holder();
