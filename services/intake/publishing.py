"""Our stored event to the public event: classes instead of the profile, a special requester as `other`.

What a wave is called, and where an appointment is, stay inside.
"""

from services.intake.domain import Access, ContactFile, Pathway, Person, ProfileFile, Retention, Structure, Wave
from shared.kernel.publishing import Publisher, Source
from shared.language.codes import UNKNOWN, qualification_class, requester_class, unemployment_class
from shared.language.contracts import EVENTS
from shared.language.contracts import intake as contracts

_CLASSES: dict[str, Source] = {
    "requester": lambda event: requester_class(event.fact.requester),
    "sex": lambda event: event.fact.sex or UNKNOWN,
    "unemployment": lambda event: unemployment_class(event.fact.unemployment_months),
    "qualification": lambda event: qualification_class(event.fact.qualification_level),
    "housing": lambda event: event.fact.housing or UNKNOWN,
}

public = Publisher(
    EVENTS["intake"],
    (Structure, Access, Pathway, ContactFile, ProfileFile, Wave, Retention, Person),
    told={
        contracts.Access: {"withdrawn": lambda event: isinstance(event, Access.AccessWithdrawn)},
        contracts.Request: _CLASSES,
        contracts.Welcome: {"welcomed_on": "fact.on"},
        contracts.Start: {"started_on": "fact.on"},
        contracts.Withdrawal: {"withdrawn_on": "fact.on"},
        "request-set-aside": {"set_aside_on": "fact.on"},
        "request-taken-up": {"set_aside_on": lambda _: None},
        contracts.AdviserAssignment: {"assigned_on": "fact.on"},
        contracts.Resumption: {"resumed_on": "fact.on"},
        contracts.Reception: _CLASSES,
        contracts.ProcessingRestricted: {"restricted_on": "fact.on"},
        contracts.RestrictionLifted: {"lifted_on": "fact.on"},
        contracts.Archiving: {"archived_on": "fact"},
        contracts.Reactivation: {"reactivated_on": "fact"},
        contracts.Profile: {
            "housing": _CLASSES["housing"],
            "mainstream": lambda event: list(event.fact.mainstream),
        },
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
