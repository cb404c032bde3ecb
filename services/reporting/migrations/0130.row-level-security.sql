-- What tells of people is shown to the structure that supports them (shared/migrations/0018.row-level-security.sql).
-- Figures of others are counted with everything in sight, and then withheld (services/reporting/outsiders.py).

do $$ declare
  model text;
  of_pathway text;
begin
  foreach model in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I, public', model);
    call protect('structure = (select own_structure()) or (select own_structure()) = any (received_by)', 'intake');
    foreach of_pathway in array array['activities', 'profiles', 'situations'] loop
      call protect(format('exists (select from intake i where i.entity = %s.pathway)', of_pathway), of_pathway::regclass);
    end loop;
    foreach of_pathway in array array['diagnostic', 'outcomes', 'folds'] loop
      call protect(format('exists (select from intake i where i.entity = %s.entity)', of_pathway), of_pathway::regclass);
    end loop;
    -- One whose structure is unknown makes everybody's figures incomplete.
    call protect(
      $x$coalesce(event -> 'headers' ->> 'ce-structure', (select own_structure())) = (select own_structure())$x$,
      'parked');
  end loop;
end $$;
set local search_path to public;
