"""Reacts to what other services tell."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from services.diagnostic import views
from services.diagnostic.domain import DiagnosticFile, Opening
from shared.kernel import known_structures
from shared.kernel.clock import day_in_paris
from shared.kernel.commands import REACTION
from shared.kernel.database import Connection
from shared.kernel.event_store import EventStore
from shared.kernel.known_pathways import OF_INTAKE, OF_OUTCOMES, known_pathways, remember_intake, remember_outcomes
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import PublicEvent
from shared.language.contracts.forgetting import ErasureAccepted
from shared.language.contracts.intake import Start
from shared.language.contracts.training import SupportReport
from shared.service import Runtime

ACTOR = REACTION + "diagnostic"
NEEDED = (*OF_INTAKE, ErasureAccepted)


async def when_a_person_started(store: EventStore, connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Opens a diagnostic at a start, where none is made yet; closes it where the start is taken back."""
    for event in events:
        match event.body:
            case Start(started_on=None):
                closing = partial(DiagnosticFile.close_opening, on=day_in_paris(event.known_at))
                await _react(store, connection, event, closing)
            case Start(started_on=date() as on):
                opening = partial(DiagnosticFile.open_diagnostic, opening=Opening(on))
                await _react(store, connection, event, opening)


async def when_a_support_action_is_reported(
    store: EventStore, connection: Connection, events: Sequence[PublicEvent]
) -> None:
    """Settles the plan's actions that aim at a barrier that was lifted; at any other result the action that it was."""
    for event in events:
        match event.body:
            case SupportReport() as told:
                following = partial(
                    DiagnosticFile.follow_report,
                    report=told.report,
                    action=told.action,
                    barrier=told.barrier,
                    result=told.result,
                    on=told.reported_on,
                )
                await _react(store, connection, event, following)


async def _react(
    store: EventStore, connection: Connection, event: PublicEvent, decision: Callable[[DiagnosticFile], object]
) -> None:
    """Decides, but not from imported history, nor for a person whose data may only be stored."""
    if event.historical or event.pathway is None:
        return
    known = (await known_pathways(store, [event.pathway], connection)).get(event.pathway)
    if known is not None and not known.restricted and not known.archived:
        await store.react(connection, DiagnosticFile, known.pathway, decision, known.about_new(), ACTOR)


def subscribers(runtime: Runtime) -> list[Subscriber]:
    async def when_intake_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        """A request makes a pathway known here; a start opens a diagnostic; an erasure ends what may be recorded."""
        await remember_intake(connection, events)
        await when_a_person_started(runtime.store, connection, events)
        assert runtime.forgetting is not None
        await runtime.forgetting.when_an_erasure_is_accepted(connection, events)

    when_training_tells = partial(when_a_support_action_is_reported, runtime.store)
    pool, client = runtime.pool, runtime.client
    return [
        Subscriber("diagnostic", "intake", pool, client, when_intake_tells, of=NEEDED),
        Subscriber("diagnostic", "training", pool, client, when_training_tells, of=[SupportReport]),
        Subscriber("diagnostic", "outcomes", pool, client, remember_outcomes, of=OF_OUTCOMES),
        known_structures.subscriber("diagnostic", pool, client),
        Subscriber("diagnostic-views", "diagnostic", pool, client, views.follow, stage="view"),
    ]
