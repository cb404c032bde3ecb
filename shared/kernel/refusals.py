"""What a request is refused with; how HTTP answers it stands in shared/http/problems.py."""

from typing import Any


class Problem(Exception):
    """An answer other than success. `code` is stable for programs, `detail` is a sentence for people."""

    def __init__(self, status: int, code: str, detail: str, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.retry_after, self.more = (
            status,
            code,
            detail,
            retry_after,
            more,
        )


class NotYetKnown(Problem):
    """The service has not heard of the pathway (yet): its events may still be on their way. Try again."""

    def __init__(self, pathway: object) -> None:
        super().__init__(409, "not-yet-known", f"this service has not yet heard of pathway {pathway}", retry_after=1)
