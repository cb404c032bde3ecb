-- The facts of kinds that are declared whole, as a service lists them (shared/kernel/kind_views.py). Null: it did not take place.
create table listed_facts (
  kind text not null,
  pathway uuid not null,
  id uuid not null,
  happened_on date,
  version integer not null,
  primary key (pathway, kind, id)
);
create index listed_facts_by_day on listed_facts (kind, happened_on);
call protect('supports(pathway)', 'listed_facts');
do $$ begin
  execute format('grant select, insert, update, delete on listed_facts to %I', current_setting('lieu.role'));
end $$;
