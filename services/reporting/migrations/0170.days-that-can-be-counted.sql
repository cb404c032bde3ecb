-- No single row stops a figure: the tables take only what every figure can be counted from. An event that says anything
-- else is parked with its reason, by pathway, and the figures are marked incomplete. Days are those of the domain; beyond
-- them lie the texts for "always" and "never", which PostgreSQL would be given as infinite days.
--
-- What stands already and lies beyond becomes unknown. Each such pathway is noted as given up in `parked`, so that the
-- figures that it touches say so, until a rebuild parks the event itself.

do $$ declare
  schema text;
begin
  foreach schema in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I, public', schema);

    create function counted(day date) returns boolean language sql immutable parallel safe as
      $f$ select day between '1900-01-01' and '2100-12-31' $f$;
    create function counted(days date[]) returns boolean language sql immutable parallel safe as
      $f$ select '1900-01-01' <= all (days) and '2100-12-31' >= all (days) $f$;

    create temporary table beyond on commit drop as
      select 'INTAKE' as stream, entity as pathway from intake
       where not (counted(requested_on) is not false and counted(welcomed_on) is not false
                  and counted(started_on) is not false and counted(withdrawn_on) is not false
                  and counted(received_on) is not false)
      union select 'OUTCOMES', entity from outcomes
       where not (counted(exited_on) is not false and counted(contract_start) is not false)
      union select 'OUTCOMES', pathway from situations where not counted(job_on)
      union select 'TRAINING', pathway from activities where not counted(started_on) or not (hours between 0 and 1000000);

    insert into parked (stream, generation, position, key, event, reason, discarded_at)
    select b.stream, '', -row_number() over (order by b.stream, b.pathway), b.pathway::text,
           json_build_object('subject', 'read models', 'headers', json_build_object('ce-structure', (
             select coalesce(i.received_by[cardinality(i.received_by)], i.structure) from intake i
              where i.entity = b.pathway order by i.known_to desc limit 1))),
           'a day before 1900-01-01 or after 2100-12-31, or hours beyond reckoning, count as unknown here; correct the fact',
           clock_timestamp()
      from beyond b
      on conflict do nothing;

    update intake i set
      requested_on = case when counted(requested_on) then requested_on end,
      welcomed_on = case when counted(welcomed_on) then welcomed_on end,
      started_on = case when counted(started_on) then started_on end,
      withdrawn_on = case when counted(withdrawn_on) then withdrawn_on end,
      received_by = (select array_agg(s order by n) from unnest(received_on, received_by) with ordinality u(d, s, n)
                      where counted(d)),
      received_on = (select array_agg(d order by n) from unnest(received_on) with ordinality u(d, n) where counted(d))
      where entity in (select pathway from beyond where stream = 'INTAKE');
    update outcomes set
      exited_on = case when counted(exited_on) then exited_on end,
      contract_start = case when counted(contract_start) then contract_start end
      where entity in (select pathway from beyond where stream = 'OUTCOMES');
    update situations set job_on = null where not counted(job_on);
    delete from folds f using activities a
     where f.projection = 'activities' and f.entity = a.entity
       and (not counted(a.started_on) or not (a.hours between 0 and 1000000));
    delete from activities where not counted(started_on) or not (hours between 0 and 1000000);

    -- How each aggregate stands: the row that its next event closes is made of it.
    update folds f set state = (
      select json_object_agg(key, case
          when key = 'received' then (select json_agg(one order by n) from json_array_elements(value) with ordinality u(one, n)
                                       where one ->> 0 between '1900-01-01' and '2100-12-31')
          when key = any (array['requested_on', 'welcomed_on', 'started_on', 'withdrawn_on', 'exited_on', 'contract_start',
                                'job_on'])
               and not (value #>> '{}') between '1900-01-01' and '2100-12-31' then 'null'
          else value end)
        from json_each(f.state)
       where key <> 'received' or exists (select from json_array_elements(value) one
                                           where one ->> 0 between '1900-01-01' and '2100-12-31'))
     where f.projection in ('intake', 'outcomes', 'situations')
       and (f.entity in (select pathway from beyond)
            or f.entity in (select s.entity from situations s join beyond b using (pathway)));
    drop table beyond;

    alter table intake add constraint days_from_1900_to_2100 check (
        counted(requested_on) and counted(welcomed_on) and counted(started_on) and counted(withdrawn_on)),
      add constraint receptions_from_1900_to_2100 check (
        counted(received_on) and array_position(received_on, null) is null
        and cardinality(received_on) = cardinality(received_by) and array_ndims(received_on) = 1);
    alter table outcomes
      add constraint days_from_1900_to_2100 check (counted(exited_on) and counted(contract_start)),
      add constraint reached_of_asked check (
        reached_3 <= asked_3 and employed_3 <= reached_3 and reached_6 <= asked_6 and employed_6 <= reached_6
        and reached_12 <= asked_12 and employed_12 <= reached_12);
    alter table situations add constraint days_from_1900_to_2100 check (counted(job_on));
    alter table activities
      add constraint days_from_1900_to_2100 check (counted(started_on)),
      add constraint hours_to_a_million check (hours between 0 and 1000000);
    alter table diagnostic
      add constraint reduced_of_examined check (barriers_reduced between 0 and barriers_examined and barriers_examined <= 1000),
      add constraint remobilised_of_scored_twice check (remobilised <= scored_twice);
  end loop;
end $$;
set local search_path to public;
