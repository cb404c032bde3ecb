-- What tells of people is shown to the structure that supports them (shared/kernel/migrations/0018.row-level-security.sql).
-- Sessions are open to the programme, and tell of nobody.

call protect('supports(pathway)', 'enrolments', 'placements', 'proposals');
call protect($$
  structure = (select own_structure()) or supports(pathway)
$$, 'activities');

-- Who is enrolled in a session, for what follows from its correction: a column, as a condition on what a text holds may
-- not come before a policy, and so finds no index.
alter table events add column found_by text generated always as (
  case name when 'training.enrolled' then state -> 'fact' ->> 'session' end) stored;
create index on events (found_by) where found_by is not null;
drop index events_expr_idx;
