"""The public events: what each service publishes and the others, and integrators, may rely on.

A schema here only grows. What breaks gets a new event name (`…-v2`) beside the old one. Bodies carry codes and
pseudonymous ids only. `special-…` events carry codes that reveal health, justice or childhood protection; their
schema is that of the event without the prefix.

The correction of a fact carries the whole fact and is applied as the fact is; a date that is null in a
correction says that the event it dates did not take place.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from shared.codes import (
    ActivityKind,
    ActivityStatus,
    Barrier,
    Contract,
    ExitClass,
    FollowUpMonth,
    FollowUpStatus,
    Intensity,
    Purpose,
    Situation,
)


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A structure that takes part in the programme. `structure` is its code."""

    structure: str
    name: str
    department: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for support with the profile at request, as classes of the catalogue's breakdowns."""

    structure: str
    person: UUID
    requested_on: date
    requester: str
    sex: str
    age: str
    unemployment: str
    qualification: str
    housing: str


@dataclass(frozen=True, kw_only=True)
class Welcome:
    welcomed_on: date | None


@dataclass(frozen=True, kw_only=True)
class Start:
    started_on: date | None


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    withdrawn_on: date | None


@dataclass(frozen=True, kw_only=True)
class ProcessingRestricted:
    """From now on nothing may be recorded of the pathway, and what is held may only be stored (RGPD, article 18)."""

    restricted_on: date


@dataclass(frozen=True, kw_only=True)
class RestrictionLifted:
    lifted_on: date


@dataclass(frozen=True, kw_only=True)
class Archiving:
    """The pathway's file left the active base: nothing is recorded of it but by imports until it is reactivated."""

    archived_on: date


@dataclass(frozen=True, kw_only=True)
class Reactivation:
    """The person is met again: what was archived is open."""

    reactivated_on: date


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """`remobilisation` is 0–10 on the scale of `instrument`, null where no score was taken."""

    diagnostic: UUID
    completed_on: date
    purpose: Purpose
    remobilisation: int | None
    instrument: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    plan: UUID
    agreed_on: date | None


@dataclass(frozen=True, kw_only=True)
class BarrierAssessment:
    assessment: UUID
    assessed_on: date
    domain: Barrier
    intensity: Intensity


@dataclass(frozen=True, kw_only=True)
class Activity:
    """`hours` is null for a no-show."""

    activity: UUID
    kind: ActivityKind
    started_on: date
    ended_on: date
    hours: Decimal | None
    status: ActivityStatus


@dataclass(frozen=True, kw_only=True)
class Exit:
    """`exit_class` was derived by `rule`; `uncertain` marks employment whose contract or dates are unknown."""

    exited_on: date
    situation: Situation
    contract: Contract | None
    contract_start: date | None
    contract_end: date | None
    exit_class: ExitClass
    rule: str
    uncertain: bool


@dataclass(frozen=True, kw_only=True)
class Reopening:
    """The exit is annulled from when this becomes known."""

    reopened_on: date


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    month: FollowUpMonth
    asked_on: date
    status: FollowUpStatus
    situation: Situation | None


@dataclass(frozen=True, kw_only=True)
class ErasureAccepted:
    """A person is being forgotten: the service takes no more facts of these pathways. Vanishes when it is done."""

    erasure: UUID
    persons: list[UUID]
    pathways: list[UUID]


@dataclass(frozen=True, kw_only=True)
class PathwayErased:
    """Delete what you hold of a pathway: the one for whose id, as text, HMAC-SHA-256 under `salt` gives `digest`.

    Both are in hexadecimal. The id itself is gone; who never held it learns nothing.
    """

    salt: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ErasureDone:
    """What was destroyed in this service: events, snapshots and data keys of its database, messages of its stream."""

    erasure: UUID
    events: int
    snapshots: int
    keys: int
    messages: int


@dataclass(frozen=True, kw_only=True)
class PathwayAnonymised:
    """What the indicators need of a forgotten pathway, under fresh ids: the rows of reporting's read models."""

    intake: list[dict[str, Any]]
    diagnostic: list[dict[str, Any]]
    activities: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ErasureRewritten:
    """The figures no longer need what the services hold of the erasure's pathways."""

    erasure: UUID


Body = (
    Structure
    | Request
    | Welcome
    | Start
    | Withdrawal
    | ProcessingRestricted
    | RestrictionLifted
    | Archiving
    | Reactivation
    | Diagnostic
    | Plan
    | BarrierAssessment
    | Activity
    | Exit
    | Reopening
    | FollowUp
    | ErasureAccepted
    | PathwayErased
    | ErasureDone
    | PathwayAnonymised
    | ErasureRewritten
)

FORGETTING: dict[str, type[Body]] = {
    "erasure-accepted": ErasureAccepted,
    "pathway-erased": PathwayErased,
    "erasure-done": ErasureDone,
}
"""Published by every service that owns facts of a pathway."""

EVENTS: dict[str, dict[str, type[Body]]] = {
    "intake": FORGETTING
    | {
        "structure-registered": Structure,
        "structure-corrected": Structure,
        "pathway-requested": Request,
        "request-corrected": Request,
        "pathway-welcomed": Welcome,
        "welcome-corrected": Welcome,
        "support-started": Start,
        "start-corrected": Start,
        "pathway-withdrawn": Withdrawal,
        "withdrawal-corrected": Withdrawal,
        "processing-restricted": ProcessingRestricted,
        "restriction-lifted": RestrictionLifted,
        "pathway-archived": Archiving,
        "pathway-reactivated": Reactivation,
    },
    "diagnostic": FORGETTING
    | {
        "diagnostic-completed": Diagnostic,
        "diagnostic-corrected": Diagnostic,
        "plan-agreed": Plan,
        "plan-corrected": Plan,
        "barrier-assessed": BarrierAssessment,
        "barrier-corrected": BarrierAssessment,
        "special-barrier-assessed": BarrierAssessment,
        "special-barrier-corrected": BarrierAssessment,
    },
    "training": FORGETTING
    | {
        "activity-recorded": Activity,
        "activity-corrected": Activity,
    },
    "outcomes": FORGETTING
    | {
        "support-exited": Exit,
        "exit-corrected": Exit,
        "special-support-exited": Exit,
        "special-exit-corrected": Exit,
        "exit-reopened": Reopening,
        "follow-up-recorded": FollowUp,
        "follow-up-corrected": FollowUp,
        "special-follow-up-recorded": FollowUp,
        "special-follow-up-corrected": FollowUp,
    },
    "reporting": {
        "pathway-anonymised": PathwayAnonymised,
        "erasure-rewritten": ErasureRewritten,
    },
}
"""Every public event name of every service with the type of its body."""

BODIES: dict[tuple[str, str], TypeAdapter[Body]] = {
    (service, name): TypeAdapter(body) for service, events in EVENTS.items() for name, body in events.items()
}


class PublicEvent(NamedTuple):
    """One published event as a consumer receives it: the envelope and its body.

    `position` is the service's own order (`ce-sequence`), strictly increasing within `generation`;
    `known_at` never decreases with it. `pathway` is null where no pathway is concerned.
    """

    service: str
    name: str
    position: int
    aggregate: UUID
    version: int
    structure: str | None
    pathway: UUID | None
    person: UUID | None
    happened_on: date | None
    known_at: datetime
    rule: str | None
    historical: bool
    traceparent: str | None
    body: Body

    @property
    def id(self) -> str:
        return f"{self.service}/{self.aggregate}/{self.version}"


def decode_body(service: str, name: str, data: bytes | dict[str, Any]) -> Body:
    """The typed body of an event. Raises pydantic's ValidationError, or KeyError for a name nobody publishes."""
    adapter = BODIES[service, name]
    return adapter.validate_python(data) if isinstance(data, dict) else adapter.validate_json(data)
