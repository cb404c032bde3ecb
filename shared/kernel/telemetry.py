"""Tracing: a span at every stage, of which none carries personal data or a pathway's id.

The context at append is stored with the event; the relay publishes it unchanged, and every later stage
continues it. A stage that works on many events at once makes one span for each trace among them.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from shared.kernel.settings import Settings

tracer = trace.get_tracer("lieu")

_of_stage: ContextVar[str | None] = ContextVar("trace of the stage under way, where it has but one", default=None)
_propagator = TraceContextTextMapPropagator()
_TRACE_ID_END = 35  # of `00-<32 hexadecimal digits>-…`


class SomeASecond(Sampler):
    """Samples up to `rate` new traces a second: work at a person's pace is always traced, a flood costs nothing.

    Whoever sends a sampled `traceparent` is traced whatever the rate (ParentBased around this).
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens, self._at = rate, time.monotonic()
        self._lock = threading.Lock()

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        return SamplingResult(Decision.RECORD_AND_SAMPLE if self._take() else Decision.DROP, attributes)

    def _take(self) -> bool:
        if self.rate < 0:
            return True
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.rate, self._tokens + (now - self._at) * self.rate)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def get_description(self) -> str:
        return f"SomeASecond({self.rate})"


class _WithoutPaths(SpanProcessor):
    """A path holds a pathway's id and a query may hold anything: FastAPI's own spans keep the route only."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        for attribute in ("url.path", "url.query"):
            if span.attributes and attribute in span.attributes:
                span.set_attribute(attribute, "-")


def start_tracing(settings: Settings, service: str) -> Callable[[], None]:
    """Sends the process's spans to the OTLP endpoint, else to a file of this process, else nowhere.

    Returns what ends it, writing out what waits.
    """
    exporter: SpanExporter | None = None
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter()
    elif settings.trace_folder:
        settings.trace_folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{service}-{os.getpid()}.jsonl"
        exporter = FileSpanExporter(settings.trace_folder / name)
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):  # a process has one, however many platforms it runs in turn
        provider = TracerProvider(
            sampler=ParentBased(SomeASecond(settings.traces_per_second)),
            resource=Resource.create({"service.name": service}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(_WithoutPaths())
        trace.set_tracer_provider(provider)
    if exporter is None:
        return lambda: None
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=500)
    provider.add_span_processor(processor)
    return processor.shutdown


def continued(traceparent: str | None) -> Context:
    """The stored context of an event, to continue it."""
    return _propagator.extract({"traceparent": traceparent} if traceparent else {}, context=Context())


def current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """Of the request that is under way, or of the stage where it works on one trace alone, as it is written."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else _of_stage.get()


def appending() -> AbstractContextManager[object]:
    """The span that the events appended inside store as their context."""
    # What goes wrong in it is decided again or answered, and its message may name a pathway: no trace does.
    return tracer.start_as_current_span(
        "append", attributes={"lieu.stage": "append"}, record_exception=False, set_status_on_exception=False
    )


@contextmanager
def stage(name: str, service: str, traceparents: Iterable[str | None]) -> Iterator[None]:
    """One span `name service` for each sampled trace among the events worked on, as long as the block takes.

    It continues the trace's first event; an import's thousands of appends are one trace.
    """
    sampled: dict[str, list[str]] = {}
    for traceparent in traceparents:
        if traceparent and int(traceparent[-2:], 16) & 1:
            sampled.setdefault(traceparent[:_TRACE_ID_END], []).append(traceparent)
    spans = [
        tracer.start_span(
            f"{name} {service}",
            context=continued(of[0]),
            attributes={"lieu.stage": name, "lieu.service": service, "lieu.events": len(of)},
        )
        for of in sampled.values()
    ]
    before = _of_stage.set(next(iter(sampled)).removeprefix("00-") if len(sampled) == 1 else None)
    try:
        yield
    finally:
        _of_stage.reset(before)
        for span in spans:
            span.end()
