"""The public events folded into read models that know what was known when.

Each stream writes only its own tables, so that the order in which the streams arrive does not matter. Of one
entity (an aggregate; for training, one activity) a version already applied is skipped, and there is one row for
each instant at which something of it became known: however the events are cut into batches, the rows are the same.

What is dated later than the date in Paris has not happened yet, though it is known (where the day begins earlier it may
be recorded): the row of an instant shows what had happened by then, and one more row begins at midnight in Paris of
each day that was still to come.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import orjson

from shared.clock import PARIS, day_in_paris
from shared.codes import (
    ActivityStatus,
    FollowUpMonth,
    FollowUpStatus,
    MainstreamSupport,
    Situation,
)
from shared.contracts import Body, PublicEvent, diagnostic, intake, outcomes, training
from shared.database import Connection
from shared.kinds import KINDS

State = dict[str, Any]
Day = str
"""As a state holds it, YYYY-MM-DD: the later is the greater."""
LAST: Day = date.max.isoformat()


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection:
    """A read model, and the bodies of the events that it follows; a body that none follows is in no figure.

    `fold` takes a state and an event to the next state; `row` shows as the table's columns what of a state had
    happened by a day; `days` are those that a state dates its facts by.

    Of a forgotten pathway the rows stay, under fresh ids (services/reporting/forgetting.py). `pathway` is the column of
    its id: where it is not `entity`, that is an id of its own; null: the table tells of no pathway. `persons` are the
    columns of its person's id, `emptied` those of which nothing is kept.
    """

    table: str
    follows: tuple[type[Body], ...]
    columns: tuple[tuple[str, str], ...]
    entity: Callable[[PublicEvent], UUID] = lambda event: event.aggregate
    fold: Callable[[State, PublicEvent], State]
    row: Callable[[State, Day], tuple[Any, ...]]
    days: Callable[[State], Iterable[Day | None]] = lambda _: ()
    pathway: str | None
    persons: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()


def _day(text: Day | None, by: Day = LAST) -> date | None:
    """Null where it was later than `by`."""
    return None if text is None or text > by else date.fromisoformat(text)


def _array(values: Sequence[str]) -> str | None:
    """Codes or dates as PostgreSQL writes an array; null where there is none."""
    return f"{{{','.join(values)}}}" if values else None


class UnexpectedEvent(Exception):
    """No projection knows what to do with this event."""


def _pathway(event: PublicEvent) -> UUID:
    """Of a fact with an id of its own: whose it is, whatever aggregate tells of it."""
    if event.pathway is None:
        raise UnexpectedEvent(event.name)
    return event.pathway


def fold_structure(_: State, event: PublicEvent) -> State:
    match event.body:
        case intake.Structure(structure=structure, name=name, department=department):
            return {"structure": structure, "name": name, "department": department}
    raise UnexpectedEvent(event.name)


def fold_intake(state: State, event: PublicEvent) -> State:
    match event.body:
        case intake.Request() as request:
            profile = ("structure", "sex", "age", "unemployment", "qualification", "requester", "housing")
            return state | {
                "person": str(request.person),
                "requested_on": request.requested_on.isoformat(),
                **{name: getattr(request, name) for name in profile},
            }
        case intake.Welcome(welcomed_on=on):
            return state | {"welcomed_on": on and on.isoformat()}
        case intake.Start(started_on=on):
            return state | {"started_on": on and on.isoformat()}
        case intake.Withdrawal(withdrawn_on=on):
            return state | {"withdrawn_on": on and on.isoformat()}
        case intake.Reception(received_on=on):
            return state | {"received": [*state.get("received", ()), [on.isoformat(), event.structure]]}
    raise UnexpectedEvent(event.name)


def intake_row(state: State, by: Day) -> tuple[Any, ...]:
    """Who received the pathway by day, then in the order in which it became known."""
    received = sorted((one for one in state.get("received", ()) if one[0] <= by), key=lambda reception: reception[0])
    return (
        state.get("structure"),
        UUID(state["person"]) if "person" in state else None,
        *(_day(state.get(name), by) for name in _DATES),
        *(state.get(name) for name in _CLASSES),
        _array([on for on, _ in received]),
        _array([structure for _, structure in received]),
    )


def intake_days(state: State) -> Iterable[Day | None]:
    yield from (state.get(name) for name in _DATES)
    yield from (on for on, _ in state.get("received", ()))


def fold_profile(_: State, event: PublicEvent) -> State:
    """Whether mainstream services supported the person: some did, none did, or nobody knows."""
    match event.body:
        case intake.Profile(moment=moment, mainstream=mainstream, on=on):
            some = bool(set(mainstream) - _NO_SERVICE)
            support = True if some else False if set(mainstream) == {MainstreamSupport.NONE} else None
            told = {"pathway": str(_pathway(event)), "moment": moment.value, "mainstream": support}
            return told | {"on": on.isoformat()}
    raise UnexpectedEvent(event.name)


_NO_SERVICE = {MainstreamSupport.NONE, MainstreamSupport.UNKNOWN, MainstreamSupport.REFUSED}


def _profile_id(event: PublicEvent) -> UUID:
    """There is one profile of a pathway and moment."""
    if not isinstance(event.body, intake.Profile):
        raise UnexpectedEvent(event.name)
    return uuid5(_pathway(event), f"profile {event.body.moment.value}")


def fold_diagnostic(state: State, event: PublicEvent) -> State:
    """Facts by id, in the order of their first record: a correction keeps the place of what it corrects."""
    match event.body:
        case diagnostic.Diagnostic() as fact:
            value = [fact.completed_on.isoformat(), fact.remobilisation, fact.instrument]
            return _with(state, "diagnostics", fact.diagnostic, value)
        case diagnostic.Plan(plan=plan, agreed_on=on):
            return _with(state, "plans", plan, on and on.isoformat())
        case diagnostic.BarrierAssessment() as fact:
            value = [fact.assessed_on.isoformat(), fact.domain.value, fact.intensity.rank]
            return _with(state, "barriers", fact.assessment, value)
    raise UnexpectedEvent(event.name)


def _with(state: State, part: str, key: UUID, value: Any) -> State:
    return state | {part: {**state.get(part, {}), str(key): value}}


def diagnostic_row(state: State, by: Day) -> tuple[Any, ...]:
    """First and last are by date, then by the order in which the facts became known (sorted is stable)."""
    diagnostics = _by(by, state.get("diagnostics", {}))
    scores: dict[str, list[int]] = {}
    for _, score, instrument in diagnostics:
        if score is not None:
            scores.setdefault(instrument, []).append(score)
    # Scores are compared within one instrument version: the latest that was used twice.
    compared = next((series for series in reversed(scores.values()) if len(series) >= 2), None)
    domains: dict[str, list[int]] = {}
    for _, domain, rank in _by(by, state.get("barriers", {})):
        domains.setdefault(domain, []).append(rank)
    examined = {name: ranks for name, ranks in domains.items() if len(ranks) >= 2 and ranks[0] > 0}
    reduced = [name for name, ranks in examined.items() if ranks[-1] < ranks[0]]
    return (
        bool(diagnostics),
        any(on is not None and on <= by for on in state.get("plans", {}).values()),
        compared is not None,
        compared is not None and compared[-1] > compared[0],
        len(examined),
        len(reduced),
        _array([*reduced, *(name for name in examined if name not in reduced)]),
    )


def _by(day: Day, facts: Mapping[str, list[Any]]) -> list[list[Any]]:
    """Those that had happened by a day, in the order of their days."""
    return sorted((fact for fact in facts.values() if fact[0] <= day), key=lambda fact: fact[0])


def diagnostic_days(state: State) -> Iterable[Day | None]:
    for part in ("diagnostics", "barriers"):
        yield from (fact[0] for fact in state.get(part, {}).values())
    yield from state.get("plans", {}).values()


def fold_activity(_: State, event: PublicEvent) -> State:
    match event.body:
        case training.Activity() as fact:
            attended = fact.status is not ActivityStatus.NO_SHOW
            return {
                "pathway": str(_pathway(event)),
                "kind": fact.kind.value,
                "started_on": fact.started_on.isoformat(),
                "hours": str(fact.hours or 0),
                "attended": attended,
            }
    raise UnexpectedEvent(event.name)


def _activity_id(event: PublicEvent) -> UUID:
    if not isinstance(event.body, training.Activity):
        raise UnexpectedEvent(event.name)
    return event.body.activity


def fold_outcome(state: State, event: PublicEvent) -> State:
    match event.body:
        case outcomes.Exit() as fact:
            deceased = fact.situation is Situation.DECEASED
            return state | {
                "exited_on": fact.exited_on.isoformat(),
                "exit_class": fact.exit_class.value,
                "deceased": deceased,
                "contract_start": fact.contract_start and fact.contract_start.isoformat(),
            }
        case outcomes.Reopening():
            return {name: value for name, value in state.items() if name.isdigit()}
        case outcomes.FollowUp() as fact:
            reached = fact.status is FollowUpStatus.REACHED
            employed = reached and fact.situation is Situation.EMPLOYMENT
            return state | {str(fact.month.value): [reached, employed, fact.asked_on.isoformat()]}
    raise UnexpectedEvent(event.name)


def outcome_row(state: State, by: Day) -> tuple[Any, ...]:
    """An answer from before the exit was to one that was annulled since: it is history, and none to this exit.

    The contract that a person left for may begin later than `by`: it classes the exit at once.
    """
    exited_on = _day(state.get("exited_on"), by)
    left = state if exited_on is not None else {}
    asked: list[bool] = []
    for month in FollowUpMonth:
        reached, employed, asked_on = state.get(str(month.value), (False, False, None))
        asked_on = _day(asked_on, by)
        counts = asked_on is not None and (exited_on is None or asked_on >= exited_on)
        asked += [counts, counts and reached, counts and employed]
    return (exited_on, left.get("exit_class"), left.get("deceased", False), *asked, _day(left.get("contract_start")))


def outcome_days(state: State) -> Iterable[Day | None]:
    yield state.get("exited_on")
    yield from (state[str(month.value)][2] for month in FollowUpMonth if str(month.value) in state)


def fold_situation(_: State, event: PublicEvent) -> State:
    """The first day of a job; of another situation, none."""
    match event.body:
        case outcomes.SituationPeriod(kind=kind, started_on=on):
            return {
                "pathway": str(_pathway(event)),
                "job_on": on.isoformat() if kind is Situation.EMPLOYMENT else None,
            }
    raise UnexpectedEvent(event.name)


def _situation_id(event: PublicEvent) -> UUID:
    if not isinstance(event.body, outcomes.SituationPeriod):
        raise UnexpectedEvent(event.name)
    return event.body.situation


_CLASSES = ("sex", "age", "unemployment", "qualification", "requester", "housing")
_DATES = ("requested_on", "welcomed_on", "started_on", "withdrawn_on")

_COUNTED = {kind.told: kind for kind in KINDS if kind.counted and kind.told is not None}


def _fact_id(event: PublicEvent) -> UUID:
    return _COUNTED[type(event.body)].id_of(event.body)


def fold_fact(_: State, event: PublicEvent) -> State:
    """When it happened; null: it did not take place after all."""
    kind, on = _COUNTED[type(event.body)], event.happened_on
    return {"pathway": str(_pathway(event)), "kind": kind.name, "on": on and on.isoformat()}


OF_KINDS = (
    Projection(
        table="facts",
        follows=tuple(_COUNTED),
        columns=(("pathway", "uuid"), ("kind", "text"), ("happened_on", "date")),
        entity=_fact_id,
        fold=fold_fact,
        row=lambda state, by: (UUID(state["pathway"]), state["kind"], _day(state["on"], by)),
        days=lambda state: (state["on"],),
        pathway="pathway",
    ),
)[: bool(_COUNTED)]
"""Of the kinds of facts that are declared whole, those that are counted; none where no kind is."""

PROJECTIONS = (
    Projection(
        table="intake",
        follows=(intake.Request, intake.Welcome, intake.Start, intake.Withdrawal, intake.Reception),
        columns=(
            ("structure", "text"),
            ("person", "uuid"),
            *((name, "date") for name in _DATES),
            *((name, "text") for name in _CLASSES),
            ("received_on", "date[]"),
            ("received_by", "text[]"),
        ),
        fold=fold_intake,
        row=intake_row,
        days=intake_days,
        pathway="entity",
        persons=("person",),
    ),
    Projection(
        table="diagnostic",
        follows=(diagnostic.Diagnostic, diagnostic.Plan, diagnostic.BarrierAssessment),
        columns=(
            *((name, "boolean") for name in ("diagnosed", "planned", "scored_twice", "remobilised")),
            ("barriers_examined", "integer"),
            ("barriers_reduced", "integer"),
            ("domains", "text[]"),
        ),
        fold=fold_diagnostic,
        row=diagnostic_row,
        days=diagnostic_days,
        pathway="entity",
        emptied=("domains",),  # no figure needs which barriers they were, and some reveal health or justice
    ),
    Projection(
        table="activities",
        follows=(training.Activity,),
        columns=(
            ("pathway", "uuid"),
            ("kind", "text"),
            ("started_on", "date"),
            ("hours", "numeric"),
            ("attended", "boolean"),
        ),
        entity=_activity_id,
        fold=fold_activity,
        row=lambda state, by: (
            UUID(state["pathway"]),
            state["kind"],
            _day(state["started_on"]),
            Decimal(state["hours"]),
            state["attended"] and state["started_on"] <= by,
        ),
        days=lambda state: (state["started_on"],),
        pathway="pathway",
    ),
    Projection(
        table="outcomes",
        follows=(outcomes.Exit, outcomes.Reopening, outcomes.FollowUp),
        columns=(
            ("exited_on", "date"),
            ("exit_class", "text"),
            ("deceased", "boolean"),
            *((f"{what}_{m}", "boolean") for m in (3, 6, 12) for what in ("asked", "reached", "employed")),
            ("contract_start", "date"),
        ),
        fold=fold_outcome,
        row=outcome_row,
        days=outcome_days,
        pathway="entity",
    ),
    Projection(
        table="profiles",
        follows=(intake.Profile,),
        columns=(("pathway", "uuid"), ("moment", "text"), ("mainstream", "boolean")),
        entity=_profile_id,
        fold=fold_profile,
        row=lambda state, by: (
            UUID(state["pathway"]),
            state["moment"],
            state["mainstream"] if state.get("on", by) <= by else None,
        ),
        days=lambda state: (state.get("on"),),
        pathway="pathway",
    ),
    Projection(
        table="situations",
        follows=(outcomes.SituationPeriod,),
        columns=(("pathway", "uuid"), ("job_on", "date")),
        entity=_situation_id,
        fold=fold_situation,
        row=lambda state, by: (UUID(state["pathway"]), _day(state["job_on"], by)),
        days=lambda state: (state["job_on"],),
        pathway="pathway",
    ),
    Projection(
        table="structures",
        follows=(intake.Structure,),
        columns=(("structure", "text"), ("name", "text"), ("department", "text")),
        fold=fold_structure,
        row=lambda state, _: (state["structure"], state["name"], state["department"]),
        pathway=None,
    ),
    *OF_KINDS,
)
"""Every read model. A restricted or an archived pathway goes on counting for what was recorded of it."""
PROJECTION_OF: dict[type[Body], Projection] = {body: of for of in PROJECTIONS for body in of.follows}


async def project(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies events of one stream, in order, to the read models of the connection's schema."""
    by_projection: dict[Projection, list[PublicEvent]] = {}
    for event in events:
        if (projection := PROJECTION_OF.get(type(event.body))) is not None:
            by_projection.setdefault(projection, []).append(event)
    for projection, those in by_projection.items():
        await _project(connection, projection, those)


@dataclass
class _Fold:
    version: int
    known_from: datetime | None
    state: State


async def _project(connection: Connection, projection: Projection, events: Sequence[PublicEvent]) -> None:
    entities = [projection.entity(event) for event in events]
    rows = await connection.fetch(
        "select entity, version, known_from, state from folds where projection = $1 and entity = any($2)",
        projection.table,
        list(set(entities)),
    )
    folds = {row["entity"]: _Fold(row["version"], row["known_from"], orjson.loads(row["state"])) for row in rows}
    ahead = {id: instants for id, fold in folds.items() if len(instants := _begins(projection, fold)) > 1}
    closed: list[tuple[Any, ...]] = []
    touched: dict[UUID, _Fold] = {}
    for entity, event in zip(entities, events, strict=True):
        fold = folds.setdefault(entity, _Fold(0, None, {}))
        if event.version <= fold.version:
            continue
        if fold.known_from is not None and fold.known_from < event.known_at:
            closed += _shown(projection, entity, fold, event.known_at)
        fold.state = projection.fold(fold.state, event)
        fold.version, fold.known_from = event.version, event.known_at
        touched[entity] = fold
    if not touched:
        return
    await _take_back(connection, projection, {id: instants for id, instants in ahead.items() if id in touched})
    standing = [row for id, fold in touched.items() for row in _shown(projection, id, fold, None)]
    await connection.execute(
        _write(projection),
        *map(list, zip(*[*closed, *standing], strict=True)),
        projection.table,
        list(touched),
        [fold.version for fold in touched.values()],
        [fold.known_from for fold in touched.values()],
        [orjson.dumps(fold.state).decode() for fold in touched.values()],
    )


def _begins(projection: Projection, fold: _Fold) -> list[datetime]:
    """From which instants on the rows of a state hold: from that of the state, and from each day's that was to come."""
    assert fold.known_from is not None
    by = day_in_paris(fold.known_from).isoformat()
    to_come = sorted({day for day in projection.days(fold.state) if day is not None and day > by})
    return [fold.known_from, *map(_midnight, to_come)]


def _midnight(day: Day) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), PARIS).astimezone(UTC)


def _shown(projection: Projection, entity: UUID, fold: _Fold, until: datetime | None) -> Iterator[tuple[Any, ...]]:
    """The rows of a state that begin before another one holds (null: it still does)."""
    begins = [instant for instant in _begins(projection, fold) if until is None or instant < until]
    for begin, end in zip(begins, [*begins[1:], until], strict=True):
        yield (entity, begin, end, *projection.row(fold.state, day_in_paris(begin).isoformat()))


async def _take_back(connection: Connection, projection: Projection, ahead: Mapping[UUID, Sequence[datetime]]) -> None:
    """The rows that were written ahead of days to come, before more became known."""
    if ahead:
        instants = [(id, instant) for id, instants in ahead.items() for instant in instants[1:]]
        await connection.execute(
            f"""delete from {projection.table}
                 where (entity, known_from) in (select * from unnest($1::uuid[], $2::timestamptz[]))""",
            *map(list, zip(*instants, strict=True)),
        )


@cache
def _write(projection: Projection) -> str:
    """One statement for the rows and the folds. The row that stood is written over, by what closes it or by what stands
    in its place from the same instant."""
    columns = (("entity", "uuid"), ("known_from", "timestamptz"), ("known_to", "timestamptz"), *projection.columns)
    names = [name for name, _ in columns]
    shown = ["coalesce(known_to, 'infinity')" if name == "known_to" else f"{name}::{type}" for name, type in columns]
    # An array of arrays would be taken apart into its elements: each comes as text.
    arrays = ", ".join(f"${n}::{'text' if '[' in type else type}[]" for n, (_, type) in enumerate(columns, 1))
    table, entities, versions, instants, states = range(len(columns) + 1, len(columns) + 6)
    return f"""
        with rows as (
          insert into {projection.table} ({", ".join(names)})
          select {", ".join(shown)} from unnest({arrays}) u({", ".join(names)})
          on conflict (entity, known_from) do update set {", ".join(f"{name} = excluded.{name}" for name in names[2:])})
        insert into folds (projection, entity, version, known_from, state)
        select ${table}, u.* from unnest(${entities}::uuid[], ${versions}::integer[], ${instants}::timestamptz[],
                                         ${states}::json[]) u
        on conflict (projection, entity) do update
          set version = excluded.version, known_from = excluded.known_from, state = excluded.state"""
