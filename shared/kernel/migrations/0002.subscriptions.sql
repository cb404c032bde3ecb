-- How far this service has followed the streams of the others, and what it could not apply.

create table subscription (
  stream text primary key,
  generation text not null,
  position bigint not null,
  watermark timestamptz
);

create table parked (
  stream text not null,
  generation text not null,
  position bigint not null,
  key text not null,               -- the pathway, else the aggregate: what waits together
  event json not null,
  reason text not null,
  parked_at timestamptz not null default clock_timestamp(),
  discarded_at timestamptz,
  primary key (stream, generation, position)
);
create index on parked (stream, key);

do $$ begin
  execute format('grant select, insert, update, delete on subscription, parked to %I', current_setting('lieu.role'));
end $$;
