"""Reacts to what other services tell; imported history raises no task and closes none.

Each reaction decides in the pathway's file, in the transaction that advances the position, so that it happens once.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from services.training import views
from services.training.domain import ActivityFile, Proposal, Session, session_file
from shared.kernel import known_structures
from shared.kernel.commands import REACTION
from shared.kernel.database import Connection
from shared.kernel.event_store import About, EventStore, append_lock
from shared.kernel.known_pathways import OF_INTAKE, OF_OUTCOMES, remember_intake, remember_outcomes
from shared.kernel.subscriber import Subscriber
from shared.language.codes import ActionKind, ActivityKind
from shared.language.contracts import PublicEvent
from shared.language.contracts.diagnostic import PlannedAction, SettledAction
from shared.language.contracts.forgetting import ErasureAccepted
from shared.language.contracts.intake import Reception
from shared.language.contracts.outcomes import Exit
from shared.language.contracts.training import SessionPlan
from shared.service import Runtime

ACTOR = REACTION + "training"
OF_DIAGNOSTIC = (PlannedAction, SettledAction)


async def when_a_plan_is_agreed(store: EventStore, connection: Connection, event: PublicEvent) -> None:
    """Proposes the session, placement or support that an agreed plan's action asks for, as the plan now says it."""
    if isinstance(event.body, PlannedAction):
        planned = event.body
        proposal = None
        if planned.kind is not ActionKind.OTHER:
            proposal = Proposal(ActivityKind(planned.kind.value), planned.action, planned.barrier, planned.due_on)
        await _react(store, connection, event, lambda file: file.plan_says(planned.action, proposal))


async def when_an_action_is_settled(store: EventStore, connection: Connection, event: PublicEvent) -> None:
    """Closes what a settled action proposed; proposes again what is open again."""
    if isinstance(event.body, SettledAction):
        settled = event.body
        if settled.outcome is None:
            await _react(store, connection, event, lambda file: file.action_open_again(settled.action))
        else:
            await _react(store, connection, event, lambda file: file.action_settled(settled.action, settled.settled_on))


async def when_a_person_left(store: EventStore, connection: Connection, event: PublicEvent) -> None:
    """Closes at an exit what is not over on its day, and what is proposed. A reopening opens nothing."""
    if isinstance(event.body, Exit) and event.pathway is not None and not event.historical:
        left_on, sessions = event.body.exited_on, await _open_sessions(store, connection, event.pathway)
        await _react(store, connection, event, lambda file: file.person_left(left_on, sessions))


async def when_a_pathway_is_received(store: EventStore, connection: Connection, event: PublicEvent) -> None:
    """Takes a person who is transferred out of sessions yet to begin, and proposes these anew; placements go on."""
    if isinstance(event.body, Reception) and event.pathway is not None and not event.historical:
        structure, received_on = str(event.structure), event.body.received_on
        sessions = await _open_sessions(store, connection, event.pathway)
        await _react(store, connection, event, lambda file: file.moved_to(structure, received_on, sessions))


async def when_a_session_is_corrected(store: EventStore, connection: Connection, event: PublicEvent) -> None:
    """Corrects the hours of those who attended, as the session now stands."""
    if isinstance(event.body, SessionPlan) and event.version > 1:
        id = event.body.session
        await append_lock(connection)
        session = (await store.load_many(Session, [session_file(id)], connection))[session_file(id)]
        today = await known_structures.today_in(store, session.structure, connection)
        rows = await connection.fetch(
            """select distinct e.pathway, k.structure, k.person from events e join known_pathways k using (pathway)
                where e.name = 'training.enrolled' and e.found_by = $1 and not k.restricted""",
            str(id),
        )
        for row in rows:
            about = About(row["structure"], row["pathway"], row["person"])
            await store.react(
                connection,
                ActivityFile,
                row["pathway"],
                lambda file: file.session_corrected(session, today),
                about,
                ACTOR,
            )


async def _open_sessions(store: EventStore, connection: Connection, pathway: UUID) -> dict[UUID, Session]:
    """The sessions in which a pathway is enrolled without an attendance, by id."""
    await append_lock(connection)
    file = (await store.load_many(ActivityFile, [pathway], connection))[pathway]
    ids = set(file.sessions_open().values())
    files = await store.load_many(Session, [session_file(id) for id in ids], connection)
    return {id: files[session_file(id)] for id in ids}


async def _react(
    store: EventStore, connection: Connection, event: PublicEvent, decision: Callable[[ActivityFile], object]
) -> None:
    """Decides under the structure that holds the pathway now; records nothing of a person under restriction."""
    if event.historical or event.pathway is None:
        return
    row = await connection.fetchrow(
        "select structure, person, restricted from known_pathways where pathway = $1 and requested_on is not null",
        event.pathway,
    )
    if row is None:  # diagnostic or outcomes may be heard of before intake
        about = About(event.structure, event.pathway, event.person)
    elif row["restricted"]:
        return
    else:
        about = About(row["structure"], event.pathway, row["person"])
    await store.react(connection, ActivityFile, event.pathway, decision, about, ACTOR)


def subscribers(runtime: Runtime) -> list[Subscriber]:
    store, pool, client = runtime.store, runtime.pool, runtime.client

    async def when_intake_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        """A request makes a pathway known here; a start opens what may be recorded of it; an erasure ends it."""
        await remember_intake(connection, events)
        for event in events:
            await when_a_pathway_is_received(store, connection, event)
        assert runtime.forgetting is not None
        await runtime.forgetting.when_an_erasure_is_accepted(connection, events)

    async def when_diagnostic_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        for event in events:
            await when_a_plan_is_agreed(store, connection, event)
            await when_an_action_is_settled(store, connection, event)

    async def when_outcomes_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        await remember_outcomes(connection, events)
        for event in events:
            await when_a_person_left(store, connection, event)

    async def when_training_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        """One consumer of our own stream, as a stream has one position in a database."""
        await views.follow(connection, events)
        for event in events:
            await when_a_session_is_corrected(store, connection, event)

    intake = (*OF_INTAKE, ErasureAccepted)
    return [
        Subscriber("training", "intake", pool, client, when_intake_tells, of=intake),
        Subscriber("training", "diagnostic", pool, client, when_diagnostic_tells, of=OF_DIAGNOSTIC),
        Subscriber("training", "outcomes", pool, client, when_outcomes_tells, of=OF_OUTCOMES),
        known_structures.subscriber("training", pool, client),
        Subscriber("training-views", "training", pool, client, when_training_tells, stage="view"),
    ]
