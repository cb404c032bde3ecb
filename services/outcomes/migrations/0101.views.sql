-- Outcomes' own question (services/outcomes/views/).

create table exits (
  pathway uuid primary key,
  structure text not null,
  exited_on date not null,
  to_ask boolean not null,
  version integer not null
);
create index on exits (exited_on) where to_ask;

create table asked (
  pathway uuid not null,
  month integer not null,
  primary key (pathway, month)
);

do $$ begin
  execute format('grant select, insert, update on exits, asked to %I', current_setting('lieu.role'));
end $$;
