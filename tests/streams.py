"""Random folders, imported and corrected by the four services in memory: the facts that then stand, and the
public events that say so.

The aggregates, their part of the import, what they publish and its way onto the wire and back are the services'
own; here are only the order and the instants in which things become known. Beside them the same changes are made
to the rows of the folder, cell by cell, for `tests.oracle` to compute from.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, TypeVar
from uuid import UUID, uuid5

from hypothesis import strategies as st
from pydantic import TypeAdapter

from lieu.import_folder import Reading, read_folder
from services.diagnostic import application as diagnostic
from services.diagnostic import publishing as diagnostic_publishing
from services.diagnostic.domain import Assessment, Diagnostic, DiagnosticFile, Plan
from services.intake import application as intake
from services.intake import publishing as intake_publishing
from services.intake.domain import Pathway, Structure, StructureFile
from services.outcomes import application as outcomes
from services.outcomes import publishing as outcomes_publishing
from services.outcomes.domain import FollowUp, OutcomeFile
from services.training import application as training
from services.training import publishing as training_publishing
from services.training.domain import Activity, ActivityFile
from shared.kernel.broker import Message
from shared.kernel.clock import PARIS
from shared.kernel.event_store import About, Aggregate, Recorded
from shared.kernel.import_keys import ImportKeys
from shared.kernel.imports import news
from shared.kernel.relay import to_message
from shared.kernel.subscriber import Delivery
from shared.language.codes import Intensity, MainstreamSupport, ProfileMoment, Purpose, Rights, Situation
from shared.language.contracts import Body, PublicEvent
from shared.language.contracts import intake as told_by_intake
from shared.language.contracts import outcomes as told_by_outcomes
from shared.language.history import ActivityRow, BarrierRow, DiagnosticRow, Dossier, ExitRow, FollowUpRow, PathwayRow
from shared.language.history_checks import problems_of
from shared.language.rules import RuleBroken
from tests import folders
from tests.oracle import BY_HAND, FILES, Facts, Row, months_later
from tests.sentences import stored_and_read

A = TypeVar("A", bound=Aggregate)

KEYS = ImportKeys(base64.b64encode(bytes(32)).decode())
"""The same at every run, so that a counterexample is found again."""

PUBLISHING: dict[str, ModuleType] = {
    "intake": intake_publishing,
    "diagnostic": diagnostic_publishing,
    "training": training_publishing,
    "outcomes": outcomes_publishing,
}
BY_HAND_IDS = UUID("2a7d1c1e-6c1b-5d3f-8f0a-7d0b6f5f3c11")


class Services:
    """The four services' aggregates; what these record is published at once, each save at the next instant."""

    def __init__(self, instants: Iterator[datetime]) -> None:
        self.streams: dict[str, list[PublicEvent]] = {service: [] for service in PUBLISHING}
        self._instants = instants
        self._aggregates: dict[tuple[type[Aggregate], UUID], Any] = {}
        self._told: Counter[tuple[str, UUID]] = Counter()

    def load(self, cls: type[A], id: UUID) -> A:
        found: A = self._aggregates.setdefault((cls, id), cls.blank(id))
        return found

    # The import

    def take_structure(self, row: Any) -> None:
        structure, file = self.structure(row.structure), StructureFile(row.structure, row.name, row.department)
        if (fact := news(structure.file.known, file)) is not None:
            structure.file.take(fact, file)
        self._save("intake", structure, About(row.structure), historical=True)

    def take_request(self, dossier: Dossier) -> None:
        pathway = self.load(Pathway, dossier.pathway)
        intake.take_dossier(pathway, dossier)
        self._save("intake", pathway, self._about(dossier.pathway), historical=True)

    def take_the_rest(self, dossier: Dossier) -> None:
        """What the other services take of a dossier, each in a save of its own."""
        parts: tuple[tuple[str, type[Aggregate], ModuleType], ...] = (
            ("diagnostic", DiagnosticFile, diagnostic),
            ("training", ActivityFile, training),
            ("outcomes", OutcomeFile, outcomes),
        )
        for service, cls, application in parts:
            file = self.load(cls, dossier.pathway)
            application._take(file, dossier)
            self._save(service, file, self._about(dossier.pathway), historical=True)

    # By hand

    def structure(self, code: str) -> Structure:
        return self.load(Structure, intake.structure_id(code))

    def correct_structure(self, file: StructureFile) -> bool:
        structure = self.structure(file.structure)
        return self._decide("intake", structure, About(file.structure), lambda: structure.correct(file))

    def ask(self, dossier: Dossier, today: date) -> set[str]:
        """Corrects the request, records or corrects its dates; returns what of it was refused."""
        row, pathway = dossier.request, self.load(Pathway, dossier.pathway)
        exited_on = self.load(OutcomeFile, dossier.pathway).exited_on

        def dated(recorded: object, on: date | None, first: Callable[[date], None], again: Callable[[], None]) -> None:
            if recorded:
                again()
            elif on is not None:
                first(on)

        welcome, start, withdrawal = row.welcomed_on, row.started_on, row.withdrawn_on
        wanted: dict[str, Callable[[], None]] = {
            "request": lambda: pathway.correct_request(intake.request_of(row), today),
            "welcomed_on": lambda: dated(
                pathway.welcome,
                welcome,
                lambda on: pathway.welcome_person(on, today),
                lambda: pathway.correct_welcome(welcome, today),
            ),
            "started_on": lambda: dated(
                pathway.start,
                start,
                lambda on: pathway.start_support(on, today),
                lambda: pathway.correct_start(start, exited_on, today),
            ),
            "withdrawn_on": lambda: dated(
                pathway.withdrawal,
                withdrawal,
                lambda on: pathway.withdraw(on, today),
                lambda: pathway.correct_withdrawal(withdrawal, today),
            ),
        }
        about = self._about(dossier.pathway)
        return {name for name, decision in wanted.items() if not self._decide("intake", pathway, about, decision)}

    def record(self, file: str, dossier: Dossier, place: int, today: date) -> bool:
        """Records the dossier's only fact of this file, or corrects with it the pathway's fact that became known in
        this place; false where that is refused."""
        id, about = dossier.pathway, self._about(dossier.pathway)
        if file in ("diagnostics", "barriers"):
            assessed = self.load(DiagnosticFile, id)
            if file == "barriers":
                barrier = dossier.barriers[0]
                fact = Assessment(barrier.assessed_on, barrier.domain, barrier.intensity)
                return self._one_of("diagnostic", assessed, assessed.assessments, place, fact, today)
            row = dossier.diagnostics[0]
            completed = Diagnostic(row.completed_on, row.purpose, row.remobilisation)
            if not self._one_of("diagnostic", assessed, assessed.diagnostics, place, completed, today):
                return False
            key, plan = list(assessed.diagnostics)[place], Plan(row.plan_agreed_on)
            if key in assessed.plans:
                return self._decide("diagnostic", assessed, about, lambda: assessed.correct_plan(key, plan, today))
            if plan.agreed_on is not None:
                return self._decide("diagnostic", assessed, about, lambda: assessed.agree_plan(key, plan, today))
            return True
        if file == "activities":
            attended, told = self.load(ActivityFile, id), dossier.activities[0]
            activity = Activity(told.kind, told.started_on, told.ended_on, told.status, told.hours)
            return self._one_of("training", attended, attended.activities, place, activity, today)
        left = self.load(OutcomeFile, id)
        if file == "exits":
            assert dossier.exit is not None
            exit, started_on = outcomes._exit(dossier.exit), self.load(Pathway, id).started_on
            leave = left.leave if left.exited_on is None else left.correct_exit
            return self._decide("outcomes", left, about, lambda: leave(exit, started_on, today))
        if not dossier.followups:  # the exit was annulled
            return False
        asked = dossier.followups[0]
        followup = FollowUp(asked.month, asked.asked_on, asked.status, asked.situation)
        answer = left.correct_follow_up if asked.month in left.followups else left.record_follow_up
        return self._decide("outcomes", left, about, lambda: answer(followup, today))

    def _one_of(self, service: str, file: Any, known: Mapping[UUID, Any], place: int, fact: Any, today: date) -> bool:
        """A fact that has an id: the one that became known in this place, or else a new one."""
        about, keys = self._about(file.id), list(known)
        first, again = {
            Diagnostic: lambda: (file.diagnostics.admit, file.diagnostics.admit_correction),
            Assessment: lambda: (file.assessments.admit, file.assessments.admit_correction),
            Activity: lambda: (file.activities.admit, file.correct_activity),
        }[type(fact)]()
        if place < len(keys):
            return self._decide(service, file, about, lambda: again(keys[place], fact, today))
        new = uuid5(BY_HAND_IDS, f"{file.id} {type(fact).__name__} {place}")
        return self._decide(service, file, about, lambda: first(new, fact, today))

    def reopen(self, pathway: UUID, on: date, today: date) -> bool:
        left = self.load(OutcomeFile, pathway)
        return self._decide("outcomes", left, self._about(pathway), lambda: left.reopen(on, today))

    def restrict(self, pathway: UUID, on: date) -> bool:
        file = self.load(Pathway, pathway)
        change = file.lift_restriction if file.restricted else file.restrict
        assert self._decide("intake", file, self._about(pathway), lambda: change(on))
        return file.restricted

    def _decide(self, service: str, aggregate: Aggregate, about: About, decision: Callable[[], object]) -> bool:
        try:
            decision()
        except RuleBroken:
            return False
        self._save(service, aggregate, about)
        return True

    # By public events alone

    def receive(self, pathway: UUID, structure: str, on: date) -> None:
        about = self._about(pathway)
        # What else it says was told before; whoever reads on must not count it again.
        unknown = dict.fromkeys(("requester", "sex", "age", "unemployment", "qualification", "housing"), "unknown")
        body = told_by_intake.Reception(
            from_structure=str(about.structure),
            received_on=on,
            person=UUID(int=0),
            requested_on=date(2020, 1, 1),
            welcomed_on=None,
            started_on=None,
            **unknown,
        )
        self._tell("intake", Pathway, replace(about, structure=structure), "pathway-received", body)

    def describe(self, pathway: UUID, moment: ProfileMoment, mainstream: Sequence[MainstreamSupport], on: date) -> None:
        body = told_by_intake.Profile(
            moment=moment, on=on, housing="unknown", mainstream=list(mainstream), rights=Rights.UNKNOWN
        )
        self._tell("intake", Pathway, self._about(pathway), "profile-recorded", body)

    def situate(self, pathway: UUID, situation: UUID, kind: Situation, on: date) -> None:
        body = told_by_outcomes.SituationPeriod(
            situation=situation,
            kind=kind,
            started_on=on,
            ended_on=None,
            contract=None,
            contract_end=None,
            hours_a_week=None,
        )
        self._tell("outcomes", OutcomeFile, self._about(pathway), "situation-recorded", body)

    def _tell(self, service: str, cls: type[Aggregate], about: About, name: str, body: Body) -> None:
        """Tells it as the next event of the pathway's aggregate; the versions of what that records move on."""
        assert about.pathway is not None
        self._told[service, about.pathway] += 1
        recorded = Recorded(
            position=len(self.streams[service]) + 1,
            event=None,  # type: ignore[arg-type]
            name=name,
            aggregate=about.pathway,
            version=self.load(cls, about.pathway).version + self._told[service, about.pathway],
            about=about,
            actor="test",
            happened_on=None,
            known_at=next(self._instants),
            rule=None,
            historical=False,
            traceparent=None,
        )
        self.streams[service].append(_received(to_message(service, "1", recorded, name, body)))

    # Publishing

    def _about(self, pathway: UUID) -> About:
        return intake.about(self.load(Pathway, pathway))

    def _save(self, service: str, aggregate: Aggregate, about: About, *, historical: bool = False) -> None:
        if not (events := aggregate.collect_events()):
            return
        known_at, stream = next(self._instants), self.streams[service]
        for event in events:
            recorded = Recorded(
                position=len(stream) + 1,
                event=stored_and_read(event),
                name=event.TOPIC,
                aggregate=aggregate.id,
                version=event.originator_version + self._told[service, aggregate.id],
                about=about,
                actor="test",
                happened_on=event.happened_on,
                known_at=known_at,
                rule=event.rule_version,
                historical=historical,
                traceparent=None,
            )
            if public := PUBLISHING[service].public(recorded):
                stream.append(_received(to_message(service, "1", recorded, *public)))


def _received(message: Message) -> PublicEvent:
    """The event as it comes from the wire."""
    return Delivery(message.subject, message.headers, message.data, lambda: 0).event()


@dataclass(eq=False)
class Entry:
    """One fact: what the folder last said of it (null: recorded by hand), how it stands, whether it was annulled."""

    told: Row | None
    stands: Row
    annulled: bool = False


@dataclass(eq=False)
class World:
    """The services after some imports and corrections, and beside them the facts that stand."""

    services: Services
    today: date
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {file: [] for file in FILES})
    by_hand: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in BY_HAND})
    story: list[str] = field(default_factory=list)
    """What happened, for the reader of a counterexample."""

    @property
    def streams(self) -> dict[str, list[PublicEvent]]:
        return self.services.streams

    @property
    def events(self) -> list[PublicEvent]:
        """Of all streams, as they became known."""
        return sorted((event for stream in self.streams.values() for event in stream), key=lambda e: e.known_at)

    @property
    def facts(self) -> Facts:
        """How everything stands, in the order in which it became known."""
        stands = {file: [one.stands for one in self.entries[file] if not one.annulled] for file in FILES}
        return Facts(**stands, **self.by_hand)

    def move(self, key: str, structure: str, on: date) -> None:
        """Another structure receives a pathway."""
        self.services.receive(KEYS.pathway(key), structure, on)
        self.by_hand["transfers"].append({"pathway": key, "structure": structure, "received_on": str(on)})
        self.story.append(f"received: {key} by {structure} on {on}")

    def describe(self, key: str, moment: ProfileMoment, support: Sequence[MainstreamSupport]) -> None:
        """Who else supports a person at a moment."""
        self.services.describe(KEYS.pathway(key), moment, support, self.today)
        told = {"pathway": key, "moment": moment.value, "mainstream": " ".join(support), "on": str(self.today)}
        self.by_hand["profiles"].append(told)
        self.story.append(f"profile: {told}")

    def situate(self, key: str, name: str, kind: Situation, on: date) -> None:
        """A situation of a person from a day on; one that was told before is corrected."""
        pathway = KEYS.pathway(key)
        situation = uuid5(BY_HAND_IDS, f"{pathway} situation {name}")
        self.services.situate(pathway, situation, kind, on)
        jobs = self.by_hand["jobs"]
        jobs[:] = [row for row in jobs if row["situation"] != str(situation)]
        if kind is Situation.EMPLOYMENT:
            jobs.append({"pathway": key, "situation": str(situation), "started_on": str(on)})
        self.story.append(f"situation: {key} {kind} from {on}")

    def due(self) -> set[datetime]:
        """The instants at which a follow-up of a known exit falls due: midnights in Paris."""
        exits = {date.fromisoformat(one.stands["exited_on"]) for one in self.entries["exits"]}
        return {midnight(months_later(day, months)) for day in exits for months in (3, 6, 12)}

    def to_come(self) -> set[datetime]:
        """The instants at which what is known begins to have happened, or a contract begins: midnights in Paris."""
        columns = ("on", "contract_start")
        cells = [
            cell
            for name in (*FILES, *BY_HAND)
            for row in getattr(self.facts, name)
            for column, cell in row.items()
            if cell and (column.endswith("_on") or column in columns)
        ]
        return {midnight(date.fromisoformat(cell)) for cell in cells}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis shows a counterexample."""
        printer.text("\n  ".join(["World:", *self.story]))


def midnight(day: date) -> datetime:
    """When a day begins in Paris."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def read(facts: Facts, today: date) -> Reading:
    """The folder as the command line reads it."""
    with TemporaryDirectory() as folder:
        folders.write(facts, Path(folder))
        return read_folder(Path(folder), today)


_TYPED = {
    "pathways": TypeAdapter(PathwayRow),
    "diagnostics": TypeAdapter(DiagnosticRow),
    "barriers": TypeAdapter(BarrierRow),
    "activities": TypeAdapter(ActivityRow),
    "exits": TypeAdapter(ExitRow),
    "followups": TypeAdapter(FollowUpRow),
}


def _dossier(rows: dict[str, list[Row]], today: date) -> Dossier | None:
    """The rows of one pathway as whoever records them by hand says them; null where they break a rule together."""
    typed: dict[str, list[Any]] = {file: [] for file in _TYPED}
    for file in rows:
        for row in rows[file]:
            cells: dict[str, Any] = {column: cell for column, cell in row.items() if cell and column != "pathway"}
            if file == "pathways":
                cells["person"] = KEYS.person(row["person"])
            typed[file].append(_TYPED[file].validate_python(cells))
    if not typed["pathways"]:
        return None
    dossier = Dossier(
        KEYS.pathway(rows["pathways"][0]["pathway"]),
        typed["pathways"][0],
        *(tuple(typed[file]) for file in ("diagnostics", "barriers", "activities")),
        typed["exits"][0] if typed["exits"] else None,
        tuple(typed["followups"]) if typed["exits"] else (),
    )
    return None if problems_of(dossier, today) else dossier


# --- drawn at random --------------------------------------------------------------------------------------

TICK = timedelta(microseconds=1)
_GAPS = (timedelta(0), timedelta(0), TICK, timedelta(hours=1), timedelta(hours=11), timedelta(days=40))


def world_of(facts: Facts, today: date) -> World:
    """One folder, imported on a day at noon; then a second for each thing that happens."""
    noon = midnight(today) + timedelta(hours=12)
    world = World(Services(noon + timedelta(seconds=n) for n in count()), today)
    _import(world, facts)
    return world


@st.composite
def imported(draw: st.DrawFn, days: Sequence[date] = folders.DAYS) -> World:
    """One folder, imported once."""
    facts = _tied(draw, draw(folders.folders(days)))
    world = World(Services(_instants(draw, facts, _GAPS[:3])), _last_day(facts))
    _import(world, facts)
    return world


@st.composite
def corrected(draw: st.DrawFn, pathways: int = 9, days: Sequence[date] = folders.DAYS) -> World:
    """A folder of which a part is imported, then more of it with changed rows, and rows added or corrected by hand.

    `pathways`: how many of the folder are kept.
    """
    whole = _tied(draw, _only(draw(folders.folders(days)), pathways))
    world = World(Services(_instants(draw, whole, _GAPS)), _last_day(whole))
    waves = _waves(draw, whole)
    _import(world, waves[0])
    later = [(file, row) for file in FILES for row in getattr(waves[2], file)]
    more = waves[1]
    # Of each step only the seed is drawn, by which it is as likely as any other and found among few examples.
    steps = draw(st.integers(0, 40))
    for seed in draw(st.lists(st.integers(0, 2**32), min_size=steps, max_size=steps)):
        choices = Choices(draw, Random(seed), days)
        step = choices.of("correct", "correct", "correct", "add", "twin", "reopen", "import", "restrict", *TOLD, *TOLD)
        if step == "import":
            _import_again(choices, world, more)
            more = Facts()
        elif step == "reopen":
            _reopen(choices, world)
        elif step == "restrict":
            _restrict(choices, world)
        elif step in TOLD:
            TOLD[step](choices, world)
        elif step == "add" and later:
            _add_by_hand(world, *later.pop(0))
        elif step == "twin":
            _assess_again(choices, world)
        else:
            _correct_by_hand(choices, world)
    _import_again(Choices(draw, Random(draw(st.integers(0, 2**32))), days), world, more)
    return world


@dataclass
class Choices:
    """What happens in one step."""

    draw: st.DrawFn
    random: Random
    days: Sequence[date]

    def of(self, *these: Any) -> Any:
        return self.random.choice(these)

    def day(self, world: World) -> date:
        """One that is not to come."""
        day: date = self.of(*(day for day in self.days if day <= world.today), world.today)
        return day

    def file(self, world: World, *, but: str | None = None) -> str:
        """A file with rows, most often one on which many indicators stand."""
        files = [*FILES, *FILES[1:], "pathways", "pathways", "diagnostics", "barriers", "activities", "exits", "exits"]
        return str(self.random.choice([file for file in files if world.entries[file] and file != but]))

    def entry(self, world: World, file: str) -> Entry:
        """A fact, as often as not one that matters: one of a day's assessments, or a person's only activity."""
        entries = world.entries[file]
        if file in ("diagnostics", "barriers", "activities") and self.of(True, False):
            of = ("pathway",) if file == "activities" else ("pathway", KEY_COLUMNS[file][1])
            count = Counter(tuple(one.stands[column] for column in of) for one in entries)
            alone = [one for one in entries if count[tuple(one.stands[column] for column in of)] == 1]
            entries = (alone if file == "activities" else [one for one in entries if one not in alone]) or entries
        return self.random.choice(entries)


def _instants(draw: st.DrawFn, facts: Facts, gaps: Sequence[timedelta]) -> Iterator[datetime]:
    """From noon, or the end, of the last day on, or from before what is dated then, as where the day begins earlier:
    some at once, some later, never earlier."""
    offsets = (timedelta(hours=12), timedelta(hours=22), -TICK, -timedelta(hours=4), -timedelta(days=90))
    at = midnight(_last_day(facts)) + draw(st.sampled_from(offsets))
    between = cycle(draw(st.lists(st.sampled_from(gaps), min_size=1, max_size=6)))

    def instants() -> Iterator[datetime]:
        instant = at
        while True:
            yield instant
            instant += next(between)

    return instants()


def _last_day(facts: Facts) -> date:
    """The last day on which something of the folder happened; a contract may end later."""
    cells = (
        cell
        for file in FILES
        for row in getattr(facts, file)
        for column, cell in row.items()
        if column.endswith("_on") and cell
    )
    return max(map(date.fromisoformat, cells), default=folders.DAYS[0])


def _only(facts: Facts, most: int) -> Facts:
    keys = [row["pathway"] for row in facts.pathways[:most]]
    kept = {file: [row for row in getattr(facts, file) if row["pathway"] in keys] for file in FILES[1:]}
    return Facts(structures=facts.structures, **kept)


def _tied(draw: st.DrawFn, facts: Facts) -> Facts:
    """Those who left have more diagnostics on days on which they had one already, so that order matters."""
    random = Random(draw(st.integers(0, 2**32)))
    known = {_key("diagnostics", row) for row in facts.diagnostics}
    for left in facts.exits:
        days = [row["completed_on"] for row in facts.diagnostics if row["pathway"] == left["pathway"]]
        for purpose in random.sample(tuple(Purpose), 2):
            cells = {"completed_on": random.choice(days or [left["exited_on"]]), "purpose": purpose}
            score = random.choice((0, 4, 5, 10))
            row = folders.row("diagnostics", pathway=left["pathway"], remobilisation=score, **cells)
            if _key("diagnostics", row) not in known:
                facts.diagnostics.insert(random.randint(0, len(facts.diagnostics)), row)
                known.add(_key("diagnostics", row))
    return facts


def _waves(draw: st.DrawFn, facts: Facts) -> tuple[Facts, Facts, Facts]:
    """The folder as it comes: at first, in a second import, by hand. What needs another fact is never before it."""
    waves = (Facts(structures=facts.structures), Facts(), Facts())
    rows = [(file, row) for file in FILES[1:] for row in getattr(facts, file)]
    begun: dict[tuple[str, str], int] = {}
    for (file, row), byte in zip(rows, draw(st.binary(min_size=len(rows), max_size=len(rows))), strict=True):
        key = row["pathway"]
        wave = (byte > 170) + (byte > 215)
        if file == "pathways":
            wave = min(wave, 1)
        needs = begun.get(("exits", key), 0) if file == "followups" else begun.get(("pathways", key), 0)
        begun[file, key] = wave = max(wave, needs)
        getattr(waves[wave], file).append(row)
    return waves


# --- what happens -----------------------------------------------------------------------------------------


def _import(world: World, folder: Facts) -> None:
    """A first import: everything is new."""
    reading = read(folder, world.today)
    assert not reading.refusals
    _send(world, reading, reading.dossiers)
    for file in FILES:
        world.entries[file] += [Entry(row, row) for row in getattr(folder, file)]
    world.story.append(f"imported:{_told(folder)}")


def _send(world: World, reading: Reading, keyed: Iterable[Any]) -> None:
    for structure in reading.structures:
        world.services.take_structure(structure)
    dossiers = [KEYS.dossier(one.dossier) for one in keyed]
    for dossier in dossiers:
        world.services.take_request(dossier)
    for dossier in dossiers:
        world.services.take_the_rest(dossier)


def _import_again(choices: Choices, world: World, more: Facts) -> None:
    """The folder with changed cells, more rows and another order. A pathway that would be refused stays as it is."""
    told = {file: [[one, dict(one.told)] for one in world.entries[file] if one.told is not None] for file in FILES}
    for _ in range(choices.of(0, 1, 6, 12)):
        file = choices.file(world, but="activities")
        if told[file]:
            entry = choices.entry(world, file)
            _, row = next((pair for pair in told[file] if pair[0] is entry), told[file][0])
            cells = _new_cells(choices, world, file, row)
            row |= {column: cell for column, cell in cells.items() if column not in KEY_COLUMNS[file]}
    by_hand = {file: {_key(file, one.stands) for one in world.entries[file] if one.told is None} for file in FILES}
    new = {file: [row for row in getattr(more, file) if _key(file, row) not in by_hand[file]] for file in FILES}
    folder = Facts()
    for file in FILES:
        rows = [row for _, row in told[file]] + new[file]
        if file in ("diagnostics", "barriers") and told[file] and told[file][0][1] == told[file][0][0].told:
            rows = rows[choices.of(0, 1) :]  # a row that vanishes from the folder is not taken back
        # Of identical activities the last in the folder is the new one: with new ones their order tells them apart.
        mixed = ("diagnostics", "barriers", *(["activities"] if not new["activities"] else []))
        if file in mixed and choices.of(True, False):
            rows = rows[::-1]
            new[file] = new[file][::-1]
        getattr(folder, file).extend(rows)
    reading = read(folder, world.today)
    after = {file: [_after(one, row) for one, row in told[file]] for file in FILES}
    standing: dict[str, dict[str, list[Row]]] = {}
    for file in ("pathways", "exits", "followups"):  # no other rows depend on each other
        rows = [stands for _, stands, annulled in after[file] if not annulled] + new[file]
        for row in rows + [one.stands for one in world.entries[file] if one.told is None]:
            standing.setdefault(row["pathway"], {}).setdefault(file, []).append(row)
    good = {one.key for one in reading.dossiers if _dossier(standing[one.key], world.today)}
    _send(world, reading, [one for one in reading.dossiers if one.key in good])
    world.story.append(f"imported again, with these new:{_told(Facts(**new))}")
    for file in FILES:
        for (one, row), (_, stands, annulled) in zip(told[file], after[file], strict=True):
            if file == "structures" or row["pathway"] in good:
                if row != one.told:
                    world.story.append(f"  {_shown(file, one.told)} is now {_shown(file, row)}")
                one.told, one.stands, one.annulled = row, stands, annulled
        world.entries[file] += [Entry(row, row) for row in new[file] if row["pathway"] in good]
    if refused := {one.key for one in reading.dossiers} - good:
        world.story.append(f"  but these stay as they were: {', '.join(sorted(refused))}")


def _after(one: Entry, row: Row) -> tuple[Entry, Row, bool]:
    """How a fact will stand once the folder says this row of it: what changed there changes, the rest stays."""
    assert one.told is not None
    changed = {column: cell for column, cell in row.items() if cell != one.told[column]}
    return one, one.stands | changed, one.annulled and not changed


def _correct_by_hand(choices: Choices, world: World) -> None:
    file = choices.file(world)
    one = choices.entry(world, file)
    cells = _new_cells(choices, world, file, one.stands)
    _stand(world, file, one, one.stands | cells)


def _assess_again(choices: Choices, world: World) -> None:
    """On a day on which the same person was assessed already, perhaps with another result."""
    file = choices.of(*(file for file in ("diagnostics", "barriers") if world.entries[file]), "activities")
    if world.entries[file]:
        row = choices.entry(world, file).stands
        cells = _new_cells(choices, world, file, row)
        if file != "activities":
            cells[KEY_COLUMNS[file][1]] = row[KEY_COLUMNS[file][1]]
        _add_by_hand(world, file, row | cells)


def _add_by_hand(world: World, file: str, row: Row) -> None:
    one = Entry(None, row, annulled=True)
    world.entries[file].append(one)
    _stand(world, file, one, dict(row))
    if one.annulled:
        world.entries[file].remove(one)


def _stand(world: World, file: str, one: Entry, row: Row) -> None:
    """Asks the service for the fact to stand so; what is refused stays as it was."""
    before, was_annulled = one.stands, one.annulled
    one.stands, one.annulled = row, False
    if file == "structures":
        assert world.services.correct_structure(StructureFile(**row))
        world.story.append(f"by hand: {_shown(file, row)}")
        return
    mine = {name: [o for o in world.entries[name] if o.stands["pathway"] == row["pathway"]] for name in FILES[1:]}
    rows = {
        name: [o.stands for o in mine[name] if not o.annulled and (o is one or name != file)]
        for name in {"pathways", file, *(["exits"] if file == "followups" else [])}
    }
    done = False
    if dossier := _dossier(rows, world.today):
        if file == "pathways":
            refused = world.services.ask(dossier, world.today)
            dates = ("welcomed_on", "started_on", "withdrawn_on")
            kept = {column for column in row if (column if column in dates else "request") in refused}
            one.stands = {column: (before if column in kept else row)[column] for column in row}
            done = True
        else:
            done = world.services.record(file, dossier, mine[file].index(one), world.today)
    if done:
        world.story.append(f"by hand: {_shown(file, before)} stands as {_shown(file, one.stands)}")
    else:
        one.stands, one.annulled = before, was_annulled


def _reopen(choices: Choices, world: World) -> None:
    if standing := [one for one in world.entries["exits"] if not one.annulled]:
        one = choices.of(*standing)
        assert world.services.reopen(KEYS.pathway(one.stands["pathway"]), world.today, world.today)
        one.annulled = True
        world.story.append(f"reopened: {one.stands['pathway']}")


def _restrict(choices: Choices, world: World) -> None:
    """Restricts a pathway, or lifts that: no figure moves, and what is asked of the entrance meanwhile is refused."""
    if world.entries["pathways"]:
        key = choices.of(*world.entries["pathways"]).stands["pathway"]
        restricted = world.services.restrict(KEYS.pathway(key), world.today)
        world.story.append(f"{'restricted' if restricted else 'free again'}: {key}")


def _someone(choices: Choices, world: World) -> str | None:
    """A pathway, most often of somebody who left."""
    entries = [*world.entries["pathways"], *world.entries["exits"] * 3]
    return str(choices.of(*entries).stands["pathway"]) if entries else None


def _move(choices: Choices, world: World) -> None:
    if key := _someone(choices, world):
        to = choices.of(*world.entries["structures"]).stands["structure"]
        world.move(key, to, choices.day(world))


def _describe(choices: Choices, world: World) -> None:
    if key := _someone(choices, world):
        for moment in choices.of([*ProfileMoment], [ProfileMoment.START], [ProfileMoment.EXIT]):
            world.describe(key, moment, choices.of(*SUPPORTS, SUPPORTS[0]))


SUPPORTS = (
    [MainstreamSupport.NONE],
    [MainstreamSupport.FRANCE_TRAVAIL, MainstreamSupport.PLIE],
    [MainstreamSupport.REFUSED],
    [MainstreamSupport.UNKNOWN],
    [],
)


def _situate(choices: Choices, world: World) -> None:
    jobs = world.by_hand["jobs"]
    if key := choices.of(*jobs)["pathway"] if jobs and choices.of(True, False) else _someone(choices, world):
        kind = choices.of(Situation.EMPLOYMENT, Situation.EMPLOYMENT, Situation.TRAINING)
        world.situate(key, choices.of("1", "2"), kind, choices.day(world))


TOLD: dict[str, Callable[[Choices, World], None]] = {"move": _move, "describe": _describe, "situate": _situate}
"""What is told by public events and stands in no folder."""

KEY_COLUMNS = {
    "structures": ("structure",),
    "pathways": ("pathway",),
    "diagnostics": ("pathway", "completed_on", "purpose"),
    "barriers": ("pathway", "assessed_on", "domain"),
    "activities": folders.COLUMNS["activities"],
    "exits": ("pathway",),
    "followups": ("pathway", "month"),
}


def _key(file: str, row: Row) -> tuple[str, ...]:
    return tuple(row[column] for column in KEY_COLUMNS[file])


def _new_cells(choices: Choices, world: World, file: str, row: Row) -> Row:
    """Some cells of a row anew; together they may break a rule."""
    of = choices.of
    days = [day for day in choices.days if day <= world.today] or [world.today]

    def day() -> str:
        return str(of(*days))

    def some(**cells: Callable[[], object]) -> Row:
        chosen = choices.random.sample(sorted(cells), choices.random.randint(1, 2))
        return {column: str(cells[column]()) for column in chosen}

    match file:
        case "structures":
            return some(department=lambda: of("69", "2A", "13"), name=lambda: of("Ici", "Là"))
        case "pathways":
            if of(True, False):
                return {of("welcomed_on", "started_on", "withdrawn_on"): of(day(), day(), "")}
            return some(
                structure=lambda: of(*(one.stands["structure"] for one in world.entries["structures"])),
                person=lambda: of("p1", "p2", "p4"),
                requested_on=day,
                birth_year=lambda: of("", "1990", "1969"),
                sex=lambda: of("", "female", "other"),
                requester=lambda: of("", "chrs", "spip"),
                qualification_level=lambda: of("", "0", "4"),
                unemployment_months=lambda: of("", "0", "12"),
                housing=lambda: of("", "chrs", "refused"),
            )
        case "diagnostics":
            return some(
                completed_on=day,
                purpose=lambda: of(*Purpose),
                remobilisation=lambda: of("", "0", "4", "5", "10"),
                plan_agreed_on=lambda: of(day(), ""),
            )
        case "barriers":
            return some(
                assessed_on=day, domain=lambda: of("mobility", "health", "justice"), intensity=lambda: of(*Intensity)
            )
        case "activities":
            started, ended = sorted((day(), day()))
            kind, status = of("workshop", "training", "placement", "support"), of("completed", "partial", "no_show")
            hours = of("0.1", "7", "") if status == "no_show" else of("0.1", "7")
            return {"kind": kind, "started_on": started, "ended_on": ended, "status": status, "hours": hours}
        case "exits":
            return choices.draw(folders.exit_rows(row["pathway"], date.fromisoformat(of(row["exited_on"], day()))))
        case "followups":
            status = of("reached", "reached", "unreachable")
            situation = of("employment", "inactive", "deceased") if status == "reached" else ""
            return {"asked_on": of(row["asked_on"], day()), "status": status, "situation": situation}
    raise AssertionError(file)


def _told(facts: Facts) -> str:
    return "".join(f"\n    {_shown(file, row)}" for file in FILES for row in getattr(facts, file))


def _shown(file: str, row: Row | None) -> str:
    return f"{file}({', '.join(f'{column}={cell}' for column, cell in (row or {}).items() if cell)})"
