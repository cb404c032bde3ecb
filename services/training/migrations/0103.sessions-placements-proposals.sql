-- Sessions with who takes part, placements and proposals (services/training/views). Whose a row is now, and who advises,
-- stands in known_pathways, which follows transfers.

create table sessions (
  session uuid primary key,
  structure text not null,
  kind text not null,
  starts_on date not null,
  ends_on date not null,
  capacity integer not null,
  outside integer not null,
  cancelled boolean not null default false,
  version integer not null
);
create table session_days (
  session uuid not null,
  day date not null,
  structure text not null,
  primary key (session, day)
);
create index on session_days (structure, day);
create index on session_days (day);

create table enrolments (
  pathway uuid not null,
  enrolment uuid not null,
  activity uuid not null,          -- that follows from its attendance
  session uuid not null,
  enrolled_on date not null,
  place bigint not null,           -- the order in which enrolments became known
  standing boolean not null default true,
  attended boolean not null default false,
  version integer not null,
  primary key (pathway, enrolment)
);
create index on enrolments (session, place);
create index on enrolments (activity);
create index on enrolments (session) where standing and not attended;

create table placements (
  pathway uuid not null,
  placement uuid not null,
  activity uuid not null,          -- that follows from its end
  form text,                       -- null: an activity of which no placement was recorded, as in imports
  starts_on date not null,
  ends_on date not null,           -- the last day, a renewal included
  ended_on date,
  came boolean not null default false,
  cancelled boolean not null default false,
  evaluated boolean not null default false,
  incomplete boolean not null,
  version integer not null,
  primary key (pathway, placement)
);
create index on placements (activity);
create index on placements (starts_on);
create index on placements (ends_on) where ended_on is null and not cancelled;
create index on placements (ended_on) where came and not evaluated and not cancelled and form is not null;

create table proposals (
  pathway uuid not null,
  proposal uuid not null,
  action uuid,
  kind text not null,
  due_on date,
  proposed_at timestamptz not null,
  open boolean not null,
  version integer not null,
  primary key (pathway, proposal)
);
create index on proposals (proposed_at) where open;

create index on known_pathways (person);
create index on known_pathways (adviser) where adviser is not null;
-- Who is enrolled in a session, for what follows from its correction (services/training/reactions.py).
create index on events ((state -> 'fact' ->> 'session')) where name = 'training.enrolled';

do $$ begin
  execute format('grant select, insert, update, delete on sessions, session_days, enrolments, placements, proposals to %I',
                 current_setting('lieu.role'));
end $$;
