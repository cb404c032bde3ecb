-- Forgetting a person (shared/people/forgetting.py). Of an erased id only a keyed digest is left, by which late, repeated or
-- imported copies are recognised. The secret makes digests of two databases, or of a guess without it, incomparable.

create table forgetting_secret (
  only_row boolean primary key default true check (only_row),
  secret bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
insert into forgetting_secret default values;

create table forgotten (
  digest bytea primary key,
  at timestamptz not null default clock_timestamp()
);

-- An erasure under way, with the ids that it is about; they are dropped when it is done.
create table erasures (
  erasure uuid primary key,
  persons uuid[],
  pathways uuid[],
  stage text not null check (stage in ('accepted', 'rewritten', 'deleted', 'done')),
  accepted_by text[] not null default '{}',
  destroyed json,
  attempts integer not null default 0,   -- at deleting the messages
  at timestamptz not null default clock_timestamp()
);

do $$ declare role text := current_setting('lieu.role'); begin
  execute format('grant select on forgetting_secret to %I', role);
  execute format('grant select, insert on forgotten to %I', role);
  execute format('grant select, insert, update on erasures to %I', role);
end $$;
