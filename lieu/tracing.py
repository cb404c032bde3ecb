"""`lieu trace`: the stages that one command went through, read from the trace files of the data folder."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lieu.client import Platform
from shared.language.services import OF_PATHWAYS


@dataclass(frozen=True)
class Span:
    trace: str
    name: str
    start: int
    end: int
    parent: str | None


def is_trace_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{32}", text) is not None


async def traces_of(platform: Platform, id: str) -> dict[str, list[str]]:
    """Trace ids with the events that they carried, of a pathway (`import:KEY` or its id) or of one event.

    Raises PlatformError where the id is none of these.
    """
    event = re.fullmatch(r"(\w+)/([0-9a-f-]{36})/(\d+)", id)
    wanted = id if event else None
    pathway = await platform.pathway(event[2] if event else id)
    found: dict[str, list[str]] = {}
    for service in OF_PATHWAYS:
        for event in await platform.get(f"/{service}/v1/events", pathway=pathway):
            if event["traceparent"] and wanted in (None, event["id"]):
                told = f"{event['known_at']} {event['id']} {event['name']} (position {event['position']})"
                found.setdefault(event["traceparent"].split("-")[1], []).append(told)
    return found


def waterfalls(folder: Path, ids: Mapping[str, list[str]]) -> list[str]:
    """One drawing a trace: each stage's start after the first, its length, and the wait before it."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in _spans(folder):
        if span.trace in ids:
            spans[span.trace].append(span)
    drawn = [_draw(trace, of, ids[trace]) for trace, of in spans.items()]
    return [text for _, text in sorted(drawn)]


def _draw(trace: str, spans: list[Span], events: list[str]) -> tuple[int, str]:
    spans.sort(key=lambda span: (span.start, -span.end))
    first = spans[0].start
    whole = max(max(span.end for span in spans) - first, 1)
    lines = [f"trace {trace}", *(f"  {event}" for event in events)]
    reached = first
    for span in spans:
        wait = max(span.start - reached, 0)
        left = round(40 * (span.start - first) / whole)
        width = max(round(40 * (span.end - span.start) / whole), 1)
        bar = (" " * left + "█" * width)[:41]
        lines.append(
            f"  {span.name:<44} {bar:<41} at {_ms(span.start - first)}  took {_ms(span.end - span.start)}"
            f"  waited {_ms(wait)}"
        )
        reached = max(reached, span.end)
    return first, "\n".join(lines)


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:8.1f} ms"


def _spans(folder: Path) -> Iterator[Span]:
    for file in sorted(folder.glob("*.jsonl")):
        with file.open() as lines:
            for line in lines:
                try:
                    batch = json.loads(line)
                except ValueError:
                    continue  # the last line of a process that was killed while writing
                for resource in batch.get("resourceSpans", []):
                    for scope in resource.get("scopeSpans", []):
                        for span in scope.get("spans", []):
                            yield Span(
                                span["traceId"].lower(),
                                span["name"],
                                int(span["startTimeUnixNano"]),
                                int(span["endTimeUnixNano"]),
                                span.get("parentSpanId"),
                            )
