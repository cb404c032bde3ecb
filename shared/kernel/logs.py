"""What a process that serves tells of itself: one line of JSON a record, on standard error."""

import json
import logging
import sys
from datetime import UTC, datetime

from shared.kernel.telemetry import trace_id


class OneLine(logging.Formatter):
    """Writes a record with its service and its trace, which leads to the spans and to the answer of the request."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "service": self._service,
            "trace": trace_id(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_as_json(service: str) -> None:
    """Has this process do so from now on, for warnings and for what it ends with too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(service))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = lambda *error: logging.getLogger("lieu").critical("ended by an error", exc_info=error)
