"""Sealed texts: what is stored, what opens, and what is refused."""

import asyncio
import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from lieu import issuer
from lieu.platform import SERVICES
from services.intake.domain import Identity, Person
from shared.kernel import broker
from shared.kernel.callers import Role
from shared.kernel.event_store import Aggregate
from shared.kernel.event_store.aggregates import TypedMapper, open_sealed
from shared.kernel.sealing import EnvironmentKeys, MasterKeys, PersonKeys, new_master_key, seal, sealed_texts
from shared.language.codes import InClear
from shared.language.sealed import CannotOpen, Sealed
from tests.harness import Running

NAME, FAMILY, PHONE = "Marie-Ange", "Quéméneur", "0600000007"


def _subclasses(of: type[Aggregate]) -> Iterator[type[Aggregate]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _subclasses(kind)


OURS = ("shared.", *(f"services.{name}." for name in SERVICES))
AGGREGATES = tuple(kind for kind in _subclasses(Aggregate) if kind.__module__.startswith(OURS))
"""Of every service, as its application imports them."""


def events_of(aggregate: type[Aggregate]) -> list[type]:
    return [
        kind
        for kind in vars(aggregate).values()
        if isinstance(kind, type) and issubclass(kind, Aggregate.Event) and kind.__name__ not in ("Event", "Created")
    ]


def open_strings(hint: Any, place: str) -> list[str]:
    """The places in a type where a text would be stored that is neither a code, an id, nor sealed."""
    if hint is str:
        return [place]
    if get_origin(hint) is Annotated:
        kind, *marks = get_args(hint)
        return [] if any(isinstance(mark, InClear) for mark in marks) else open_strings(kind, place)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint, include_extras=True)
        return [found for name, part in hints.items() for found in open_strings(part, f"{place}.{name}")]
    if get_origin(hint) in (Union, UnionType) or get_args(hint):
        return [found for part in get_args(hint) if part is not NoneType for found in open_strings(part, place)]
    return []


def test_no_event_stores_a_text_that_is_neither_a_code_nor_an_id_nor_sealed() -> None:
    looked_at = 0
    for aggregate in AGGREGATES:
        for kind in events_of(aggregate):
            hints = get_type_hints(kind, include_extras=True)
            own = {n: h for n, h in hints.items() if n not in get_type_hints(Aggregate.Event) or n == "fact"}
            own.pop("TOPIC", None)
            assert "fact" in own
            for name, hint in own.items():
                assert not open_strings(hint, f"{kind.__qualname__}.{name}")
                looked_at += 1
    assert looked_at > 40


def test_the_search_for_open_texts_finds_one() -> None:
    @dataclasses.dataclass
    class Noted:
        on: date
        notes: list[str] | None
        structure: Annotated[str, InClear("code of a structure")]
        sealed: Sealed

    assert open_strings(Noted, "fact") == ["fact.notes"]


def test_a_sealed_text_shows_itself_to_nobody() -> None:
    sealed = Sealed(NAME)
    assert NAME not in repr(sealed) + str(sealed) + repr(Identity(sealed))
    with pytest.raises(PydanticSerializationError):
        TypeAdapter(Identity).dump_json(Identity(sealed))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "text"),
        ("  ", "text"),
        ("x" * 10_001, "text"),
        ("a\x00b", "text"),
        ("a\ud800b", "text"),
        ("née le 3, NIR 2 95 10 99 126 111 93", "nir"),
        ({"sealed": "AAAA"}, "text"),
        (["x"], "text"),
    ],
)
def test_what_is_no_text_holds_a_nir_or_is_sealed_already_is_refused(text: object, rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Identity).validate_python({"called": "A", "family_name": text})
    (error,) = refused.value.errors()
    assert (error["type"], error["loc"][0]) == (rule, "family_name")


# Seals: bound to person, field, aggregate and version


KEY = AESGCM(AESGCM.generate_key(256))
MAPPER = TypedMapper()


def stored(person: Person) -> list[Any]:
    return [MAPPER.to_stored_event(event, KEY) for event in person.collect_events()]


def identified(called: str = NAME) -> Person:
    person = Person.blank(uuid4())
    person.identify(Identity(Sealed(called), family_name=Sealed(FAMILY)))
    return person


def opened(event: Any, key: AESGCM | CannotOpen | None = KEY) -> Identity:
    loaded = MAPPER.to_domain_event(event)
    open_sealed(loaded, key)
    fact: Identity = loaded.fact
    return fact


def test_a_stored_event_holds_no_name_and_opens_to_it() -> None:
    (event,) = stored(identified())
    assert NAME not in event.state.decode()
    assert FAMILY not in event.state.decode()
    assert opened(event) == Identity(Sealed(NAME), family_name=Sealed(FAMILY))


def changed(state: bytes, how: str) -> bytes:
    fact = json.loads(state)
    called, family = fact["fact"]["called"], fact["fact"]["family_name"]
    match how:
        case "swapped":
            fact["fact"] |= {"called": family, "family_name": called}
        case "tampered":
            fact["fact"]["called"] = {"sealed": "AAAA" + called["sealed"][4:]}
        case "cut":
            fact["fact"]["called"] = {"sealed": called["sealed"][:8]}
    return json.dumps(fact).encode()


@pytest.mark.parametrize("how", ["swapped", "tampered", "cut"])
def test_a_changed_seal_is_refused(how: str) -> None:
    (event,) = stored(identified())
    fact = opened(dataclasses.replace(event, state=changed(event.state, how)))
    with pytest.raises(CannotOpen) as refused:
        _ = fact.called.text
    assert refused.value.code == "seal-broken"


@pytest.mark.parametrize(
    "moved", [{"originator_id": uuid4()}, {"originator_version": 2}, {"topic": "intake.identity-corrected"}]
)
def test_a_seal_that_was_moved_does_not_open(moved: dict[str, Any]) -> None:
    (event,) = stored(identified())
    with pytest.raises(CannotOpen, match="changed or moved"):
        _ = opened(dataclasses.replace(event, **moved)).called.text


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (AESGCM(AESGCM.generate_key(256)), "seal-broken"),
        (None, "key-destroyed"),
        (CannotOpen("master-key-missing", ""), "master-key-missing"),
    ],
)
def test_another_persons_key_a_destroyed_and_a_lost_one_open_nothing(key: Any, code: str) -> None:
    (event,) = stored(identified())
    fact = opened(event, key)
    with pytest.raises(CannotOpen) as refused:
        _ = fact.called.text
    assert refused.value.code == code
    assert fact != Identity(Sealed(NAME), family_name=Sealed(FAMILY))


def test_every_seal_of_the_same_text_differs() -> None:
    assert seal(KEY, Sealed(NAME), "place") != seal(KEY, Sealed(NAME), "place")


def test_the_places_of_sealed_texts_are_told() -> None:
    fact = {"fact": Identity(Sealed("a"), phone=Sealed("b")), "more": [Sealed("c")]}
    assert [place for place, _ in sealed_texts(fact)] == [".fact.called", ".fact.phone", ".more.0"]


@pytest.mark.parametrize("setting", ["nonsense", "a:AAAA", "a", ":" + "A" * 43 + "=", "a:%%%"])
def test_a_master_key_that_is_none_is_refused_at_the_start(setting: str) -> None:
    with pytest.raises(ValueError, match="LIEU_KEYS_MASTER"):
        EnvironmentKeys(setting)


# On a running platform


def adviser(running: Running, structure: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, Role.ADVISER, structure)}"}


async def a_person(running: Running, structure: str = "s01", called: str = NAME, **more: str) -> tuple[str, str]:
    """(person, pathway) of someone who asked for support and said what to call them."""
    await running.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})
    person, pathway = str(uuid4()), str(uuid4())
    request = {"structure": structure, "person": person, "requested_on": "2024-01-10", "birth_year": 1990}
    body = {"pathway": pathway, "request": request, "identity": {"called": called, **more}}
    await running.post("/intake/v1/pathways", body, status=201, **adviser(running, structure))
    return person, pathway


async def found(running: Running, name: str, structure: str = "s01") -> list[str]:
    people = await running.post("/intake/v1/persons/search", {"name": name}, 200, **adviser(running, structure))
    return [person["person"] for person in people]


async def test_what_stays_inside_its_service_keeps_nobody_waiting(running: Running) -> None:
    """The last thing recorded is an identity, which is never published."""
    person, _ = await a_person(running)
    await running.post(f"/intake/v1/persons/{person}/identity", {"called": "Marie"}, 201, **adviser(running, "s01"))
    async with asyncio.timeout(30):
        await running.caught_up()


async def test_a_person_is_found_by_name_in_their_own_structure_only(running: Running) -> None:
    person, _ = await a_person(running, family_name=FAMILY, phone=PHONE)
    other, _ = await a_person(running, "s02", "Marie")
    await running.caught_up()
    assert await found(running, "MARIE ange quem") == [person]
    assert await found(running, "quemeneur, marie") == [person]
    assert await found(running, "mar", "s02") == [other]
    assert await found(running, "ange", "s02") == []
    path = f"/intake/v1/persons/{person}"
    answer = await running.http.get(path, headers=adviser(running, "s01"))
    assert answer.json()["phone"] == PHONE
    assert (await running.http.get(path, headers=adviser(running, "s02"))).status_code == 404
    assert (await running.http.get(path)).status_code == 403, "the operator sees no single person's file"
    stolen = {"called": "X"}
    refused = await running.post(f"{path}/identity", stolen, 404, **adviser(running, "s02"))
    assert refused["code"] == "unknown-person"


@pytest.mark.slow
async def test_a_name_stands_in_no_database_no_stream_no_log_and_no_trace(running: Running) -> None:
    person, pathway = await a_person(running, family_name=FAMILY, phone=PHONE)
    identity = {"called": NAME, "family_name": FAMILY + " 2 95 10 99 126 111 93"}
    path = f"/intake/v1/persons/{person}/identity"
    refused = await running.http.post(path, json=identity, headers=adviser(running, "s01"))
    assert refused.status_code == 422
    assert "social-security number" in refused.text
    assert FAMILY not in refused.text
    assert "111" not in refused.text
    await running.caught_up()
    searched = await everything_stored(running)
    assert pathway in searched, "the search finds what is there"
    for secret in (NAME, FAMILY, PHONE):
        assert secret not in searched
    # As a value: the four digits alone stand in many an id and an instant.
    assert not re.search(r'[:",] ?"?1990"?[,}"\]]', searched)


async def everything_stored(running: Running) -> str:
    """Every row of every table of every service, every stream message, and the trace files."""
    parts = []
    for name in ("intake", "diagnostic", "training", "outcomes", "reporting"):
        pool = running.service(name).state.pool
        tables = await pool.fetch(
            """select format('%I.%I', schemaname, tablename) as name from pg_tables
                where schemaname not in ('pg_catalog', 'information_schema') and tablename !~ 'yoyo'"""
        )
        for table in tables:
            parts += [row["line"] for row in await pool.fetch(f"select t::text as line from {table['name']} t")]
    client = running.service("intake").state.runtime.client
    for service in ("intake", "diagnostic", "training", "outcomes", "reporting"):
        sequence = 1
        while (message := await broker.message_at_or_after(client, service, sequence)) is not None:
            parts.append(f"{message.subject} {message.headers} {message.data!r}")
            sequence = (message.seq or 0) + 1
    parts += [file.read_text() for file in running.data.rglob("*.jsonl")]
    return "\n".join(parts)


async def test_possible_duplicates_are_shown_and_merged_and_the_figures_follow(running: Running) -> None:
    one, _ = await a_person(running, family_name=FAMILY)
    two, second = await a_person(running, called="marie ange", family_name="QUEMENEUR")
    _, _ = await a_person(running, called="Paul")
    for fact in ("welcome", "start"):
        await running.post(f"/intake/v1/pathways/{second}/{fact}", {"on": "2024-01-10"})
    await running.caught_up()
    mine = adviser(running, "s01")
    groups = (await running.http.get("/intake/v1/duplicates", headers=mine)).json()
    assert [{p["person"] for p in group["persons"]} for group in groups] == [{one, two}]
    merged = await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **mine)
    again = await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 200, **mine)
    assert (merged["recorded"], again["recorded"]) == (True, False)
    refused = await running.post(f"/intake/v1/persons/{one}/merge", {"into": two}, 409, **mine)
    assert refused["code"] == "already-merged"
    await running.caught_up()
    assert (await running.http.get("/intake/v1/duplicates", headers=mine)).json() == []
    events = await running.service("intake").state.pool.fetch(
        "select distinct person from events where pathway = $1", UUID(second)
    )
    assert UUID(one) in {row["person"] for row in events}
    assert await running.value("persons_supported", date(2024, 1, 1)) == 1


async def test_a_rotated_master_key_opens_old_names_and_a_lost_one_is_told(running: Running) -> None:
    person, pathway = await a_person(running)
    await running.caught_up()
    store = running.service("intake").state.runtime.store
    before = await store.pool.fetch("select * from events order by position")
    old = (running.data / "keys" / "master").read_text()
    fresh = new_master_key("fresh")

    async def named(master: MasterKeys) -> str:
        store.keys = PersonKeys("intake", master)
        loaded = await store.load(Person, UUID(person))
        name: str = loaded.known_identity().called.text
        return name

    both = EnvironmentKeys(f"{fresh},{old}")
    assert await named(both) == NAME
    for wrapped in (1, 0):
        assert await running.post("/intake/v1/keys/rotation", status=200) == {"wrapped": wrapped}
    assert await named(EnvironmentKeys(fresh)) == NAME
    assert before == await store.pool.fetch("select * from events order by position"), "no event changed"
    with pytest.raises(CannotOpen) as lost:
        await named(EnvironmentKeys(old))
    assert lost.value.code == "master-key-missing"
    answer = await running.http.get(f"/intake/v1/persons/{person}", headers=adviser(running, "s01"))
    assert (answer.status_code, answer.json()["code"]) == (503, "master-key-missing")
    await running.post(f"/intake/v1/pathways/{pathway}/welcome", {"on": "2024-01-11"}, status=201)
    await running.caught_up()
    assert await running.value("welcomed_share", date(2024, 1, 1)) == 1, "nothing else breaks"
