-- The facts of kinds that are declared whole and counted (shared/language/kinds): when what happened in a pathway.

do $$ declare
  model text;
begin
  foreach model in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I, public', model);
    create table facts (
      entity uuid not null, known_from timestamptz not null, known_to timestamptz not null,
      pathway uuid not null, kind text not null, happened_on date,
      primary key (entity, known_from)
    );
    create index on facts (pathway);
    execute format('grant select, insert, update, delete, truncate on facts to %I', current_setting('lieu.role'));
    call protect('counts(pathway)', 'facts');
  end loop;
end $$;
set local search_path to public;
