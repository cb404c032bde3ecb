-- Waves of structures (services/intake/views/waves.py).

create table waves (
  wave uuid primary key,
  opened_on date not null,
  version integer not null
);
create index on waves (opened_on desc, wave);

do $$ begin
  execute format('grant select, insert, update on waves to %I', current_setting('lieu.role'));
end $$;
