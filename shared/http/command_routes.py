"""Routes of commands: each one decision on one file, asked for by POST.

    file = CommandRoutes(router, "/pathways/{pathway}", on_pathway(ActivityFile))

    @file.post("/supports/{support}/correction")
    def correct_support(file: ActivityFile, here: OnPathway, support: UUID, body: Whole[SupportBody]) -> None:
        "The whole support action as it is to stand; the activity follows."
        file.correct_support(support, fact_in(SupportAction, body), here.today)

The first two parameters are the file and what is known where the decision is taken; the others are the request's, as
FastAPI reads them. The name and the docstring are those of the operation.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from inspect import Parameter, Signature, signature
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Response

from shared.http.access import CommandedInStructure
from shared.http.door import Router
from shared.http.routes import Store
from shared.kernel.commands import Done, Target, execute, on
from shared.kernel.database import across_structures
from shared.kernel.event_store import Aggregate

A = TypeVar("A", bound=Aggregate)
H = TypeVar("H")
D = TypeVar("D", bound=Callable[..., Any])


class CommandRoutes(Generic[A, H]):
    """Commands on one kind of file.

    `target`: opens the file, given what it names of the request, as `pathway`, `body` or `command`; what it refuses
    before it opens anything is refused first of all. `by`: who may command. `everywhere`: it holds in every structure.
    """

    def __init__(
        self,
        router: Router,
        prefix: str,
        target: Callable[..., Target[A, H]],
        by: Any = CommandedInStructure,
        everywhere: bool = False,
    ) -> None:
        self._router, self._prefix, self._target = router, prefix, target
        self._by, self._everywhere = by, everywhere

    def post(
        self,
        path: str,
        *,
        target: Callable[..., Target[A, H]] | None = None,
        by: Any = None,
        id: str = "id",
        **options: Any,
    ) -> Callable[[D], D]:
        """Registers a decision as the route of a command. The answer's `id` is that of the body, which calls it `id`
        or as told here, else the path's last one, else the file's."""

        def register(decision: D) -> D:
            endpoint = _endpoint(decision, target or self._target, by or self._by, id, self._everywhere)
            self._router.post(self._prefix + path, **options)(endpoint)
            return decision

        return register


def _endpoint(
    decision: Callable[..., Any], target: Callable[..., Target[Any, Any]], by: Any, id: str, everywhere: bool
) -> Callable[..., Any]:
    _, _, *own = signature(decision).parameters.values()
    of_target = signature(target).parameters.values()
    asked = {one.name: one for one in (*of_target, *own) if one.name not in ("body", "command")}
    asked |= {one.name: one for one in own if one.name == "body"}
    ids = [one.name for one in asked.values() if one.annotation is UUID]

    async def endpoint(*, command: Any, store: Any, response: Response, **given: Any) -> Done:
        opened = target(*(command if one.name == "command" else given[one.name] for one in of_target))
        of_request = [given[one.name] for one in own]
        with across_structures() if everywhere else nullcontext():
            done = await execute(store, command, on(opened, lambda file, here: decision(file, here, *of_request)))
        chosen = getattr(given.get("body"), id, None) or (given[ids[-1]] if ids else None)
        return answered(response, done, chosen)

    shared = {"command": by, "store": Store, "response": Response}
    parameters = [
        *asked.values(),
        *(Parameter(name, Parameter.KEYWORD_ONLY, annotation=a) for name, a in shared.items()),
    ]
    endpoint.__signature__ = Signature(  # type: ignore[attr-defined]
        [one.replace(kind=Parameter.KEYWORD_ONLY) for one in parameters], return_annotation=Done
    )
    endpoint.__name__, endpoint.__doc__, endpoint.__module__ = decision.__name__, decision.__doc__, decision.__module__
    return endpoint


def answered(response: Response, done: Done, fact: UUID | None = None) -> Done:
    """201 where something was recorded, 200 where asking again changed nothing. `fact`: the id that it now goes by."""
    response.status_code = 201 if done.recorded else 200
    return done if fact is None else replace(done, id=fact)
