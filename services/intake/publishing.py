"""Our stored event to the public event: classes instead of the profile, a special requester as `other`.

What a wave is called, and where an appointment is, stay inside.
"""

from typing import Any

from services.intake.domain import (
    Access,
    ContactFile,
    Pathway,
    Person,
    ProfileFile,
    Reception,
    Request,
    Retention,
    Structure,
    Wave,
)
from shared import codes
from shared.contracts import intake as contracts
from shared.publishing import Publisher


def _access(event: Any) -> contracts.Access:
    grant = event.fact
    withdrawn = isinstance(event, Access.AccessWithdrawn)
    return contracts.Access(user=grant.user, role=grant.role, withdrawn=withdrawn)


def _assignment(event: Any) -> contracts.AdviserAssignment:
    return contracts.AdviserAssignment(adviser=event.fact.adviser, assigned_on=event.fact.on)


def _profile(event: Any) -> contracts.Profile:
    profile = event.fact
    return contracts.Profile(
        moment=profile.moment,
        on=profile.on,
        housing=profile.housing or codes.UNKNOWN,
        mainstream=list(profile.mainstream),
        rights=profile.rights,
    )


def _reception(event: Any) -> contracts.Reception:
    told = event.fact
    return contracts.Reception(
        from_structure=told.from_structure,
        received_on=told.received_on,
        person=told.person,
        requested_on=told.requested_on,
        welcomed_on=told.welcomed_on,
        started_on=told.started_on,
        **_classes(told),
    )


def _request(event: Any) -> contracts.Request:
    request = event.fact
    return contracts.Request(
        structure=request.structure,
        person=request.person,
        requested_on=request.requested_on,
        **_classes(request),
    )


def _classes(told: Request | Reception) -> dict[str, str]:
    return {
        "requester": codes.requester_class(told.requester),
        "sex": told.sex or codes.UNKNOWN,
        "age": told.age,
        "unemployment": codes.unemployment_class(told.unemployment_months),
        "qualification": codes.qualification_class(told.qualification_level),
        "housing": told.housing or codes.UNKNOWN,
    }


public = Publisher(
    contracts.EVENTS,
    (Structure, Access, Pathway, ContactFile, ProfileFile, Wave, Retention, Person),
    told={
        contracts.Access: _access,
        contracts.Request: _request,
        contracts.Welcome: lambda event: contracts.Welcome(welcomed_on=event.fact.on),
        contracts.Start: lambda event: contracts.Start(started_on=event.fact.on),
        contracts.Withdrawal: lambda event: contracts.Withdrawal(withdrawn_on=event.fact.on),
        "request-set-aside": lambda event: contracts.SettingAside(set_aside_on=event.fact.on),
        "request-taken-up": lambda _: contracts.SettingAside(set_aside_on=None),
        contracts.AdviserAssignment: _assignment,
        contracts.Resumption: lambda event: contracts.Resumption(resumed_on=event.fact.on),
        contracts.Reception: _reception,
        contracts.ProcessingRestricted: lambda event: contracts.ProcessingRestricted(restricted_on=event.fact.on),
        contracts.RestrictionLifted: lambda event: contracts.RestrictionLifted(lifted_on=event.fact.on),
        contracts.Archiving: lambda event: contracts.Archiving(archived_on=event.fact),
        contracts.Reactivation: lambda event: contracts.Reactivation(reactivated_on=event.fact),
        contracts.Profile: _profile,
    },
    inside=(
        # That nobody was reached is no news to the others.
        *("contact-attempted", "attempt-corrected"),
        # Nothing waits for it.
        *("commitment-signed", "commitment-corrected"),
        # The others need to know of the pathways only.
        *("retention-announced", "person-archived", "person-reactivated", "archive-read"),
        # Who a person is stays here; a merged person's pathways tell of it as request-corrected.
        *("person-identified", "identity-corrected", "person-merged"),
        # Each of the person's pathways tells of it.
        *("person-restricted", "person-restriction-lifted"),
    ),
)
