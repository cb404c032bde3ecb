-- Under which secret the ids of imported pathways and persons are derived (shared/kernel/import_keys.py): its fingerprint,
-- written before the first import and never changed. Whoever imported, or forgot somebody, before there was a secret
-- keeps the constant: another would make other persons of theirs, and bring back who was forgotten.

create table import_secret (
  only_row boolean primary key default true check (only_row),
  fingerprint text not null
);
insert into import_secret (fingerprint)
select 'constant' where exists (select from events where historical) or exists (select from forgotten);

do $$ begin
  execute format('grant select, insert on import_secret to %I', current_setting('lieu.role'));
end $$;
