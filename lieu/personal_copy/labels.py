"""What the copy calls things, in plain French: the texts are in `french/`, how a value reads is here.

Tests hold every event, field, code and reading route to be there.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

from shared.language.french import day as day
from shared.language.kinds import KINDS, Kind

PARIS = ZoneInfo("Europe/Paris")
Reads = Callable[[Any], str]


def texts(name: str) -> dict[str, Any]:
    """Reads one of the files of French texts."""
    return tomllib.loads((Path(__file__).parent / "french" / f"{name}.toml").read_text("utf-8"))


_COPY = texts("copy")
SERVICES: dict[str, str] = _COPY["services"]
"""The services that hold facts of a person, in the order in which they are told."""
READ_IN: dict[str, str] = SERVICES | _COPY["read_in"]
"""The services in which somebody can look at a person."""
ROLES: dict[str, str] = _COPY["roles"]
ROUTES: dict[str, str] = _COPY["routes"]
"""What somebody looked at, by the route's name."""
RECEIVED: list[dict[str, str]] = _COPY["received"]
RIGHTS: list[str] = _COPY["rights"]

CODES: dict[str, dict[str, str]] = texts("codes")
"""Each code in French, by the class that lists them."""
_REFUSED = CODES["YesNo"]["refused"]

EVENTS: dict[str, str] = {}
FACTS: dict[str, str] = {}
"""What a disagreement can be about: the kinds of facts (shared/kernel/facts.py)."""
FIELDS: dict[str, tuple[str, Reads]] = {}
"""Label of an `EVENT.field` and how its value reads."""


def field(event: str, name: str, value: Any) -> tuple[str, str | None]:
    """Tells (label, text), the text null where nothing is known. Raises KeyError for what has no French name."""
    label, reads = FIELDS[f"{event}.{name}"]
    if value is None and reads is not _day_or_never:
        return label, None
    if isinstance(value, dict) and "unreadable" in value:
        return label, _text_of(value)
    return label, reads(value)


def moment(at: str) -> str:
    """10 janvier 2024 à 14 h 05, in Paris."""
    local = datetime.fromisoformat(at).astimezone(PARIS)
    return f"{day(local.date())} à {local:%H} h {local:%M}"


def _text_of(value: Any) -> str:
    return f"illisible ({value['unreadable']})" if isinstance(value, dict) else str(value)


def _plain(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _coded(codes: Mapping[str, str], value: Any) -> str:
    return ", ".join(codes[one] for one in value) if isinstance(value, list) else codes[str(value)]


def _day_or_never(value: str | None) -> str:
    """A day that, emptied by a correction, says that it did not take place."""
    return "n'a finalement pas eu lieu" if value is None else day(value)


def _hours(value: object) -> str:
    return f"{value} h".replace(".", ",")


def _months(value: int) -> str:
    return f"{value} mois"


def _yes_no(value: bool) -> str:
    return "oui" if value else "non"


def _beside(text: str, more: str | None) -> str:
    return f"{text} ({more})" if more else text


def _objectives(told: list[dict[str, Any]]) -> str:
    barrier = CODES["Barrier"]
    return "; ".join(
        _beside(_text_of(one["text"]), one["barrier"] and f"frein : {barrier[one['barrier']]}") for one in told
    )


def _languages(told: list[dict[str, Any]]) -> str:
    return ", ".join(_beside(one["language"], one["level"]) for one in told).replace("native", "langue maternelle")


def _occupations(told: list[dict[str, Any]]) -> str:
    return ", ".join(_beside(one["rome"], None if one["months"] is None else _months(one["months"])) for one in told)


def _answers(told: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['item']} : {_REFUSED if one['given'] == 'refused' else one['given']}" for one in told)


def _half_days(half_days: list[Mapping[str, str]]) -> str:
    part = CODES["DayPart"]
    return ", ".join(f"{day(one['day'])} ({part[one['part']]})" for one in half_days) or "aucune"


def _fact(of: Mapping[str, str | None]) -> str:
    return FACTS[str(of["kind"])]


READS: dict[str, Reads] = {
    "day": day,
    "day_or_never": _day_or_never,
    "hours": _hours,
    "months": _months,
    "yes_no": _yes_no,
    "objectives": _objectives,
    "languages": _languages,
    "occupations": _occupations,
    "answers": _answers,
    "half_days": _half_days,
    "fact": _fact,
    **{name: partial(_coded, codes) for name, codes in CODES.items()},
}
_OF_TYPE = {date: "day", Decimal: "hours", bool: "yes_no"}


def _reads(hint: Any) -> Reads:
    """How a value of a field's type reads."""
    names = [_OF_TYPE.get(one, one.__name__) for one in (hint, *get_args(hint)) if isinstance(one, type)]
    return next((READS[name] for name in names if name in READS), _plain)


def _learn(fact: str, one: str | None, events: Mapping[str, str], fields: Mapping[str, tuple[str, Reads]]) -> None:
    EVENTS.update(events)
    FIELDS.update({f"{event}.{name}": told for event in events for name, told in fields.items()})
    if one is not None:
        FACTS[fact] = one


def _of_file(told: str | list[str]) -> tuple[str, Reads]:
    """Label and reading as facts.toml says them."""
    return (told, _plain) if isinstance(told, str) else (told[0], READS[told[1]])


def _of_kind(kind: Kind[Any]) -> Iterable[tuple[str, tuple[str, Reads]]]:
    """Label and reading of each field of a kind that is declared whole."""
    hints, codes = get_type_hints(kind.fact), kind.french.codes
    for name, label in kind.french.fields.items():
        yield name, (label, partial(_coded, codes[name]) if name in codes else _reads(hints[name]))


for _name, _told in texts("facts").items():
    _learn(_name, _told.get("one"), _told["events"], {name: _of_file(it) for name, it in _told["fields"].items()})
for _kind in KINDS:
    _events = dict(zip(_kind.events, (_kind.french.recorded, _kind.french.corrected), strict=True))
    _learn(_kind.name, _kind.french.one, _events, dict(_of_kind(_kind)))
    ROUTES[_kind.plural.replace("-", "_")] = f"liste : {_kind.french.one}"
