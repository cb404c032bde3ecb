"""The docs are tested against the code."""

import re

from eventsourcing.utils import get_topic

from shared.kernel.event_store import Aggregate
from shared.kernel.settings import Settings
from shared.language.contracts import EVENTS, FORGETTING
from tests.pipeline.test_sealing import AGGREGATES
from tests.places import ROOT

FROZEN = {
    "disagreement.said",
    "disagreement.withdrawn",
    "forgetting.erasure-accepted",
    "forgetting.pathway-erased",
    "forgetting.erasure-done",
    "reporting.pathway-anonymised",
    "reporting.erasure-rewritten",
    "intake.person-identified",
    "intake.identity-corrected",
    "intake.person-merged",
    "intake.person-restricted",
    "intake.person-restriction-lifted",
    "intake.processing-restricted",
    "intake.restriction-lifted",
    "intake.structure-registered",
    "intake.structure-corrected",
    "intake.retention-announced",
    "intake.person-archived",
    "intake.person-reactivated",
    "intake.archive-read",
    "intake.pathway-requested",
    "intake.request-corrected",
    "intake.pathway-welcomed",
    "intake.welcome-corrected",
    "intake.support-started",
    "intake.start-corrected",
    "intake.pathway-withdrawn",
    "intake.withdrawal-corrected",
    "intake.pathway-archived",
    "intake.pathway-reactivated",
    "intake.welcome-delay-set",
    "intake.request-set-aside",
    "intake.request-taken-up",
    "intake.access-given",
    "intake.access-withdrawn",
    "intake.adviser-assigned",
    "intake.commitment-signed",
    "intake.commitment-corrected",
    "intake.support-paused",
    "intake.pause-corrected",
    "intake.support-resumed",
    "intake.pathway-transferred",
    "intake.pathway-received",
    "intake.appointment-offered",
    "intake.appointment-moved",
    "intake.appointment-kept",
    "intake.appointment-missed",
    "intake.appointment-cancelled",
    "intake.appointment-corrected",
    "intake.contact-attempted",
    "intake.attempt-corrected",
    "intake.profile-recorded",
    "intake.profile-corrected",
    "intake.wave-opened",
    "intake.wave-corrected",
    "intake.wave-closed",
    "intake.structure-selected",
    "intake.structure-selection-corrected",
    "intake.structure-selection-withdrawn",
    "intake.structure-launched",
    "diagnostic.diagnostic-completed",
    "diagnostic.diagnostic-corrected",
    "diagnostic.plan-agreed",
    "diagnostic.plan-corrected",
    "diagnostic.barrier-assessed",
    "diagnostic.barrier-corrected",
    "diagnostic.bilan-recorded",
    "diagnostic.bilan-corrected",
    "diagnostic.plan-revised",
    "diagnostic.action-planned",
    "diagnostic.action-corrected",
    "diagnostic.action-settled",
    "diagnostic.settlement-corrected",
    "diagnostic.action-reopened",
    "diagnostic.diagnostic-opened",
    "diagnostic.opening-closed",
    "training.activity-recorded",
    "training.activity-corrected",
    "training.session-planned",
    "training.session-corrected",
    "training.session-cancelled",
    "training.enrolled",
    "training.enrolment-withdrawn",
    "training.attendance-recorded",
    "training.attendance-corrected",
    "training.placement-planned",
    "training.placement-corrected",
    "training.placement-renewed",
    "training.placement-ended",
    "training.placement-end-corrected",
    "training.placement-cancelled",
    "training.placement-evaluated",
    "training.placement-evaluation-corrected",
    "training.support-reported",
    "training.support-report-corrected",
    "training.participation-proposed",
    "training.proposal-closed",
    "training.training-period-recorded",
    "training.training-period-corrected",
    "training.action-period-recorded",
    "training.action-period-corrected",
    "training.action-feedback-recorded",
    "training.action-feedback-corrected",
    "training.formation-period-annulled",
    "correspondent.recorded",
    "correspondent.corrected",
    "outcomes.support-exited",
    "outcomes.exit-corrected",
    "outcomes.exit-reopened",
    "outcomes.follow-up-recorded",
    "outcomes.follow-up-corrected",
    "outcomes.follow-up-attempted",
    "outcomes.follow-up-attempt-corrected",
    "outcomes.situation-recorded",
    "outcomes.situation-ended",
    "outcomes.situation-corrected",
    "outcomes.employment-support-recorded",
    "outcomes.employment-support-corrected",
}


STAYS_INSIDE = {
    "intake.person-identified",
    "intake.identity-corrected",
    "intake.person-merged",
    "intake.person-restricted",
    "intake.person-restriction-lifted",
    "disagreement.said",
    "disagreement.withdrawn",
    "intake.retention-announced",
    "intake.person-archived",
    "intake.person-reactivated",
    "intake.archive-read",
    "intake.commitment-signed",
    "intake.commitment-corrected",
    "intake.contact-attempted",
    "intake.attempt-corrected",
    "diagnostic.bilan-recorded",
    "diagnostic.bilan-corrected",
    "correspondent.recorded",
    "correspondent.corrected",
    "training.attendance-recorded",
    "training.attendance-corrected",
}


def test_stored_event_names_are_frozen() -> None:
    names = {
        get_topic(event)
        for aggregate in AGGREGATES
        for event in vars(aggregate).values()
        if isinstance(event, type) and issubclass(event, Aggregate.Event) and event.__name__ not in ("Event", "Created")
    }
    assert names == FROZEN


def test_every_public_event_has_a_stored_one() -> None:
    public = {
        f"{'forgetting' if name in FORGETTING else service}.{name.removeprefix('special-')}"
        for service, events in EVENTS.items()
        for name in events
    }
    assert public == FROZEN - STAYS_INSIDE


def test_the_settings_table_is_the_settings() -> None:
    table = [
        line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(("| `LIEU_", "| `OTEL_"))
    ]
    assert table == [f"| `{field.alias}` | {field.description} |" for field in _in_order(table)]
    assert len(table) == len(Settings.model_fields)


def _in_order(table: list[str]) -> list:  # type: ignore[type-arg]
    by_name = {field.alias: field for field in Settings.model_fields.values()}
    return [by_name[line.split("`")[1]] for line in table]


def test_the_runbook_has_every_section_that_status_names() -> None:
    import re

    named = set(re.findall(r"#([a-z-]+)\)", (ROOT / "lieu" / "status.py").read_text()))
    sections = {
        line[3:].lower().replace(" ", "-")
        for line in (ROOT / "docs/runbook.md").read_text().splitlines()
        if line.startswith("## ")
    }
    assert named
    assert named <= sections


FOLDERS = ("services", "shared", "lieu", "tests", "docs", "deploy", "benchmarks")
PATH = re.compile(rf"(?<![\w/.…-])((?:{'|'.join(FOLDERS)})/[\w./-]*\w\.(?:py|md|sql|toml))\b")
EXAMPLE = "shared/language/kinds/mentoring.py"  # of the walk in CONTRIBUTING.md


def test_every_file_that_is_named_somewhere_exists() -> None:
    read = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for folder in FOLDERS:
        read += [file for end in ("py", "md", "sql") for file in (ROOT / folder).rglob(f"*.{end}")]
    named = {(str(file.relative_to(ROOT)), path) for file in read for path in PATH.findall(file.read_text())}
    assert len(named) > 100
    assert {one for one in named if not (ROOT / one[1]).exists() and one[1] != EXAMPLE} == set()
