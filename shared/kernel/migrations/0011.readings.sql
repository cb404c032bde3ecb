-- Who was shown what of a person (shared/http/readings.py): ids and codes, never a name. The service's own role adds rows
-- and reads them; it takes none away but those older than twelve months and those of an erasure under way.

create table readings (
  at timestamptz not null default now(),   -- one instant for all rows of an answer
  person uuid,
  pathway uuid,
  reader text not null,            -- subject of the token
  role text not null,
  structure text,                  -- the reader's
  route text not null,
  check (person is not null or pathway is not null)
);
create index on readings (person) where person is not null;
create index on readings (pathway) where pathway is not null;
create index on readings (at);

do $$ begin
  execute format('grant select, insert on readings to %I', current_setting('lieu.role'));
end $$;
