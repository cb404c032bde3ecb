"""The routes of kinds of facts that are declared whole: record, correct, list."""

from collections.abc import Callable
from dataclasses import make_dataclass
from typing import Any, get_type_hints
from uuid import UUID

from shared.http.bodies import CHOSEN_BY_CALLER, Whole, fact_in, with_id
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, From, Limit, Store, To
from shared.kernel import kind_views
from shared.kernel.commands import Target
from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Facts
from shared.kernel.kind_views import KnownIn
from shared.language.kinds import Kind
from shared.people.disagreement import in_disagreement


def kind_routes(
    cls: type[Aggregate], target: Callable[[UUID], Target[Any, Any]], known_in: KnownIn = "known_pathways"
) -> Router:
    """Makes the routes of all kinds that an aggregate keeps.

    `target` opens the aggregate of a pathway, with `today`. `known_in`: the service's own table of pathways.
    """
    router = Router(prefix="/v1")
    files = CommandRoutes(router, "/pathways/{pathway}", target)
    for facts in cls.facts().values():
        if isinstance(facts, Facts) and facts.whole is not None:
            _commands(files, facts, facts.whole)
            _list(router, cls, facts, facts.whole, known_in)
    return router


def _commands(files: CommandRoutes[Any, Any], facts: Facts[Any], kind: Kind[Any]) -> None:
    def record(file: Any, here: Any, body: Any) -> None:
        getattr(file, facts.name).admit(body.id, fact_in(kind.fact, body), here.today)

    def correct(file: Any, here: Any, id: UUID, body: Any) -> None:
        getattr(file, facts.name).admit_correction(id, body, here.today)

    whole: Any = Whole
    new = with_id(kind.fact, f"{kind.fact.__doc__}\n\n{CHOSEN_BY_CALLER}")  # type: ignore[arg-type]  # a class has a hash
    record.__annotations__["body"], correct.__annotations__["body"] = new, whole[kind.fact]
    name = kind.name.replace("-", "_")
    record.__name__, record.__doc__ = f"record_{name}", f"Records it. {kind.fact.__doc__}"
    correct.__name__, correct.__doc__ = f"correct_{name}", f"Corrects it, whole, as it is to stand. {kind.fact.__doc__}"
    files.post(f"/{kind.plural}")(record)
    files.post(f"/{kind.plural}/{{id}}/correction")(correct)


def _list(router: Router, cls: type[Aggregate], facts: Facts[Any], kind: Kind[Any], known_in: KnownIn) -> None:
    told = _told(kind)
    listed = _listed(kind, told)

    async def between(
        store: Store, reading: Reading, structure: AskedStructure, start: From, end: To, limit: Limit = 100
    ) -> list[Any]:
        rows = await kind_views.between(store.pool, known_in, kind.name, structure, start, end, limit)
        pathways = {row.pathway for row in rows}
        files, said = await store.load_many(cls, list(pathways)), await in_disagreement(store, pathways)

        def shown(row: kind_views.ListedFact, fact: Any) -> Any:
            values = {name: getattr(fact, name) for name in told}
            return listed(row.pathway, row.id, **values, disagreed=facts.named(row.id) in said[row.pathway])

        found = [(row, getattr(files[row.pathway], facts.name).get(row.id)) for row in rows]
        # Who was forgotten since the rows were read has no facts any more.
        return await reading.shown([shown(row, fact) for row, fact in found if fact is not None])

    between.__annotations__["return"] = list[listed]  # type: ignore[valid-type]
    between.__name__ = kind.plural.replace("-", "_")
    between.__doc__ = f"Those that happened between two days, both included, by day. {kind.fact.__doc__}"
    router.get(f"/{kind.plural}")(between)


def _told(kind: Kind[Any]) -> dict[str, Any]:
    """By name, the types of the fields that others are told too."""
    hints = get_type_hints(kind.fact, include_extras=True)
    return {name: hints[name] for name in get_type_hints(kind.told) if name in hints}


def _listed(kind: Kind[Any], told: dict[str, Any]) -> Any:
    """A row of the list: whose fact it is, what others are told of it, and whether the person says otherwise."""
    return make_dataclass(
        f"Listed{kind.fact.__name__}",
        [("pathway", UUID), ("id", UUID), *told.items(), ("disagreed", bool)],
        frozen=True,
        namespace={"__doc__": f"{kind.fact.__doc__}\n\n`disagreed`: whether the person says otherwise."},
    )
