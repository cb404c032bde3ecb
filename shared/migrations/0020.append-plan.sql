-- A save is checked and added by index, by the plan that was made once: planned for each group it took longer than the
-- rest of a small one. No other plan is let in, or one that was made while the tables were empty would read them whole.

do $$ declare
  append regprocedure := (select oid from pg_proc
                           where proname = 'append_saves' and pronamespace = 'public'::regnamespace);
  setting text;
begin
  execute format('alter function %s set plan_cache_mode to force_generic_plan', append);
  foreach setting in array array['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'] loop
    execute format('alter function %s set %I to off', append, setting);
  end loop;
end $$;
