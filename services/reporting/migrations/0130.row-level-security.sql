-- What tells of people is shown to the structure that supports them (shared/kernel/migrations/0018.row-level-security.sql).
-- Figures of others are counted with everything in sight, and then withheld (services/reporting/disclosure/outsiders.py).

do $$ declare
  model text;
begin
  foreach model in array array['read_model_a', 'read_model_b'] loop
    execute format('set local search_path to %I, public', model);
    call protect('structure = (select own_structure()) or (select own_structure()) = any (received_by)', 'intake');
    execute format(
      $f$create function %1$I.counts(of uuid) returns boolean language plpgsql stable as $x$
         begin
           return exists (select from %1$I.intake i where i.entity = of);
         end $x$ $f$, model);
    call protect('counts(pathway)', 'activities', 'profiles', 'situations');
    call protect('counts(entity)', 'diagnostic', 'outcomes', 'folds');
    -- One whose structure is unknown makes everybody's figures incomplete.
    call protect(
      $x$coalesce(event -> 'headers' ->> 'ce-structure', (select own_structure())) = (select own_structure())$x$,
      'parked');
  end loop;
end $$;
set local search_path to public;
