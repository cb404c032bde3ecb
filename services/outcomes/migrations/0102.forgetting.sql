-- Forgetting a person deletes the rows of their pathways.

do $$ begin
  execute format('grant delete on exits, asked to %I', current_setting('lieu.role'));
end $$;
