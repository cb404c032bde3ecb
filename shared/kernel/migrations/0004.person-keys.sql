-- The data keys of the persons that this service has sealed texts of, each wrapped by the master key (shared/kernel/sealing.py).

create table person_keys (
  person uuid primary key,
  master text not null,
  wrapped bytea not null
);
create index on person_keys (master);
create index on events (person) where person is not null;
alter table snapshots add column person uuid;

do $$ begin
  execute format('grant select, insert, update, delete on person_keys to %I', current_setting('lieu.role'));
end $$;
