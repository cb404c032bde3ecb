-- A structure's pathways, as they stood at any instant: those that it was asked for, and the few that changed hands.

do $$ declare
  model text;
begin
  foreach model in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I', model);
    drop index intake_structure_idx;
    create index on intake (structure);
    create index on intake (entity) where received_by is not null;
  end loop;
end $$;
set local search_path to public;
