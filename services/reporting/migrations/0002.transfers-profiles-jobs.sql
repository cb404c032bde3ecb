-- Who held a pathway from which day, mainstream support, jobs. Every new column may be empty: the anonymous copies of
-- the people forgotten before hold none of them. `received_on` and `received_by` are in the order of the days, and
-- null where the pathway never left the structure that was asked. `domains`: of the barriers examined, the reduced
-- first. A rebuild fills what earlier events tell.

do $$ declare
  schema text;
  role text := current_setting('lieu.role');
begin
  foreach schema in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I', schema);
    alter table intake add column received_on date[], add column received_by text[];
    alter table diagnostic add column domains text[];
    alter table outcomes add column contract_start date;
    create table profiles (
      entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
      pathway uuid not null, moment text not null, mainstream boolean,
      primary key (entity, known_from)
    );
    create index on profiles (pathway);
    create table situations (
      entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
      pathway uuid not null, job_on date,
      primary key (entity, known_from)
    );
    create index on situations (pathway);
    execute format('grant select, insert, update, delete, truncate on profiles, situations to %I', role);
  end loop;
end $$;
set local search_path to public;
