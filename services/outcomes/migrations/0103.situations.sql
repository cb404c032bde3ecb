-- Situations, support in employment, attempts, and exits with what a list tells of them (services/outcomes/views/).
-- The views are filled again from the service's own stream: what they now hold was not kept before.

drop table exits, asked;
delete from subscription where stream = 'OUTCOMES';

create table exits (
  pathway uuid primary key,
  exited_on date not null,
  situation text not null,
  reason text,
  exit_class text not null,
  uncertain boolean not null,
  stands boolean not null,          -- not annulled by a reopening
  to_ask boolean not null,          -- recorded as it happened: what was imported raises no task
  version integer not null
);
create index on exits (exited_on) where stands;

create table asked (
  pathway uuid not null,
  month integer not null,
  asked_on date not null,
  situation text,
  version integer not null,
  primary key (pathway, month)
);

-- What is to be asked, of whichever exit stands.
create table due (
  pathway uuid not null,
  month integer not null,
  due_on date not null,
  since date not null,              -- the exit
  primary key (pathway, month)
);
create index on due (due_on);

create table attempts (
  pathway uuid not null,
  attempt uuid not null,
  month integer not null,
  attempted_on date not null,
  version integer not null,
  primary key (pathway, attempt)
);

create table situations (
  pathway uuid not null,
  situation uuid not null,
  kind text not null,
  started_on date not null,
  ended_on date,
  contract text,
  contract_end date,
  hours_a_week numeric,
  version integer not null,
  primary key (pathway, situation)
);
create index on situations (contract_end) where ended_on is null;
create index on situations (pathway) where ended_on is null;

create table employment_supports (
  pathway uuid not null,
  support uuid not null,
  situation uuid not null,
  what text not null,
  supported_on date not null,
  version integer not null,
  primary key (pathway, support)
);
create index on employment_supports (pathway, situation, supported_on);

do $$ begin
  execute format(
    'grant select, insert, update, delete on exits, asked, due, attempts, situations, employment_supports to %I',
    current_setting('lieu.role')
  );
end $$;
