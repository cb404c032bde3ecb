-- Diagnostic's own question (services/diagnostic/views/).

create table diagnosed (pathway uuid primary key);
create index on known_pathways (started_on);

do $$ begin
  execute format('grant select, insert on diagnosed to %I', current_setting('lieu.role'));
end $$;
