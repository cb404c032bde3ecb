"""Structures, requests, welcomes, starts, withdrawals, and persons."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field

from services.intake import application, domain, retention, views
from services.intake.application import pathways, persons
from services.intake.application.pathways import Here
from services.intake.application.persons import Everywhere
from services.intake.application.whose import must_keep
from shared.access import (
    Caller,
    Commanded,
    CommandedByManager,
    CommandedInStructure,
    OfStructure,
    Role,
    allow,
    chosen_id,
)
from shared.bodies import Whole, fact_in
from shared.codes import BirthYear, Department, Housing, Months, Qualification, Requester, Sex
from shared.command_routes import CommandRoutes, answered
from shared.commands import Act, Done
from shared.days import Day
from shared.disagreement_routes import disagreement_routes
from shared.door import Router
from shared.history import StructureRow
from shared.imports import AT_ONCE
from shared.problems import Problem
from shared.readings import Reading
from shared.routes import Keys, OnDay, OnDayOrNot, Store, pathway_routes, reads
from shared.sealing import Sealed
from shared.texts import CodeOfStructure, CodeToRegister, Key, Name

router = Router(prefix="/v1")
structure_files = CommandRoutes(
    router, "/structures", lambda body, command: pathways.structure_file(body.structure, command), by=Commanded
)
pathway_files = CommandRoutes(router, "/pathways/{pathway}", pathways.pathway_file)
person_files = CommandRoutes(router, "/persons/{person}", persons.person_file)
restrictions = CommandRoutes(
    router, "/persons/{person}/restriction", persons.person_everywhere, by=CommandedByManager, everywhere=True
)


@dataclass
class StructureBody:
    """A structure as it is to stand. `department`: INSEE code, 2–3 characters."""

    structure: CodeToRegister
    name: Name
    department: Department


@dataclass
class WelcomeDelayBody:
    """Days from a request to the welcome, after which it is an alarm."""

    days: Annotated[int, Field(ge=1, le=365)]


@dataclass
class RequestBody:
    """A request for support with the profile at request; null is not known."""

    structure: CodeOfStructure
    requested_on: Day
    person: UUID = Field(default_factory=chosen_id)
    requester: Requester | None = None
    birth_year: BirthYear | None = None
    sex: Sex | None = None
    qualification_level: Qualification | None = None
    unemployment_months: Months | None = None
    housing: Housing | None = None

    def fact(self) -> domain.Request:
        return domain.request_for_support(**vars(self))


@dataclass
class Asked:
    """A request, with the pathway's id where the caller chooses it (so that a repeat asks for the same).

    `identity`: what to call the person by, and whatever else they tell.
    """

    request: RequestBody
    pathway: UUID = Field(default_factory=chosen_id)
    identity: domain.Identity | None = None


@dataclass
class Merge:
    """The person of whom there is a file already."""

    into: UUID


@dataclass
class Search:
    """The beginning of each word of a name, in any order, without regard to accents, case, apostrophes and hyphens; or
    six digits or more of a telephone number, however it is written."""

    name: Name


@dataclass
class PersonFound:
    """A person as the structure knows them. `merged_into`: the file that this one was joined to.

    `restricted_on`: since when their data may only be stored, so that nothing is recorded of them.
    """

    person: UUID
    called: str
    family_name: str | None
    born_on: str | None
    phone: str | None
    email: str | None
    address: str | None
    language: str | None
    merged_into: UUID | None
    restricted_on: Day | None


@dataclass
class PossibleDuplicates:
    """Persons of one structure who may be one: of the same name, or the same day of birth and first name."""

    persons: list[PersonFound]


def person_found(id: UUID, person: domain.Person) -> PersonFound:
    told, restriction = person.known_identity(), person.restriction.current

    def text(sealed: Sealed | None) -> str | None:
        return None if sealed is None else sealed.text

    return PersonFound(
        person=id,
        called=told.called.text,
        family_name=text(told.family_name),
        born_on=text(told.born_on),
        phone=text(told.phone),
        email=text(told.email),
        address=text(told.address),
        language=told.language,
        merged_into=person.merged_into.current,
        restricted_on=restriction.restricted_on if restriction else None,
    )


@dataclass
class Named:
    """By the keys of an import."""

    pathways: Annotated[list[Key], Field(max_length=AT_ONCE)] = field(default_factory=list)
    persons: Annotated[list[Key], Field(max_length=AT_ONCE)] = field(default_factory=list)


@dataclass(frozen=True)
class FoundPathway:
    key: str
    pathway: UUID


@dataclass(frozen=True)
class FoundPerson:
    key: str
    person: UUID


@dataclass
class Found:
    """The ids beside their keys. Nothing is said of a key that leads to nobody whom the caller may see."""

    pathways: list[FoundPathway]
    persons: list[FoundPerson]


@dataclass
class Structures:
    structures: Annotated[list[StructureRow], Field(max_length=AT_ONCE)]


@structure_files.post("")
def register_structure(file: domain.Structure, act: Act, body: StructureBody) -> None:
    """Registers a structure that takes part."""
    file.register(fact_in(domain.StructureFile, body))


@structure_files.post("/correction")
def correct_structure(file: domain.Structure, act: Act, body: StructureBody) -> None:
    """The whole structure as it is to stand."""
    file.correct(fact_in(domain.StructureFile, body))


@structure_files.post("/{structure}/welcome-delay", target=pathways.structure_file, by=CommandedByManager)
def set_welcome_delay(file: domain.Structure, act: Act, body: WelcomeDelayBody) -> None:
    """Within how many days the structure welcomes whoever asks; 7 where it never said. By its manager."""
    file.welcome_in(body.days)


@router.get("/structure")
async def own_structure(request: Request, caller: OfStructure) -> views.RegisteredStructure:
    """The structure of an adviser or a manager."""
    for structure in await views.structures(request.app.state.pool):
        if structure.structure == caller.own_structure:
            return structure
    raise Problem(404, "unknown-structure", "the token's structure is not registered")


@router.get("/structures", dependencies=reads)
async def structures(request: Request) -> list[views.RegisteredStructure]:
    """Every structure that is registered."""
    return await views.structures(request.app.state.pool)


@router.post("/pathways")
async def ask_for_support(
    body: Asked, command: CommandedInStructure, store: Store, http: Request, response: Response
) -> Done:
    """Records a request for support. No request is refused for who asks; an archived file is opened again."""
    command.caller.must_be_of(body.request.structure)
    request = body.request.fact()
    left_out = _left_out((await http.json()).parsed["identity"], "body.identity") if body.identity else {}
    done = await pathways.ask_for_support(store, body.pathway, request, body.identity, left_out, command)
    if done.recorded:
        await retention.show_open(http.app.state.runtime, request.person)
    return answered(response, done, body.pathway)


@person_files.post("/identity")
async def identify(file: domain.Person, act: Act, body: domain.Identity, http: Request) -> None:
    """The whole identity as it is to stand. A name to call the person by is enough, as long as nothing else is known:
    what is, is given again, or null."""
    stood = file.identity.current
    file.identify(body)  # a closed file is told first
    must_keep(stood, _left_out((await http.json()).parsed, "body"))


def _left_out(identity: dict[str, Any], place: str) -> dict[str, str]:
    """What an identity does not speak of, with its place: that is not to say that it is null."""
    return {field.name: f"{place}.{field.name}" for field in fields(domain.Identity) if field.name not in identity}


@router.post("/persons/{person}/merge")
async def merge(person: UUID, body: Merge, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Joins this person's file to another's, of the same person."""
    return answered(response, await persons.merge(store, person, body.into, command), person)


@restrictions.post("")
def restrict(file: domain.Person, found: Everywhere, body: domain.Restriction) -> None:
    """Restricts the processing of a person's data (RGPD, article 18): nothing is recorded of them in any service."""
    for one in found.persons:
        one.restrict(body, found.today)
    for pathway in found.pathways:
        pathway.restrict(body.restricted_on)


@router.get("/persons/{person}/restriction")
async def restriction(
    person: UUID, caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.MANAGER))], store: Store
) -> domain.Restriction:
    """Since when and why the processing of a person's data is restricted."""
    return await persons.restriction_of(store, person, caller)


@restrictions.post("/lifting")
def lift_restriction(file: domain.Person, found: Everywhere, body: OnDay) -> None:
    """Lifts the restriction. The person is told before (RGPD, article 18(3))."""
    for one in found.persons:
        one.lift_restriction(body.on, found.today)
    for pathway in found.pathways:
        pathway.lift_restriction(body.on)


@router.post("/persons/{person}/erasure", status_code=202)
async def erase(person: UUID, request: Request, command: Commanded) -> views.ErasureState:
    """Begins to forget a person over all services (RGPD, article 17). Asked again it tells how far it is."""
    erasure = await persons.erase(request.app.state.runtime.forgetting, person)
    return await views.erasure(request.app.state.pool, erasure, request.app.state.runtime.settings.backup_days)


@router.get("/erasures/{erasure}", dependencies=reads)
async def erasure(erasure: UUID, request: Request) -> views.ErasureState:
    """How far an erasure is, and what was destroyed where."""
    return await views.erasure(request.app.state.pool, erasure, request.app.state.runtime.settings.backup_days)


@router.get("/persons/{person}")
async def person(person: UUID, caller: OfStructure, store: Store, reading: Reading) -> PersonFound:
    """Who a person of one's own structure is."""
    found = await persons.person_in(store, caller.own_structure, person)
    if not persons.may_see(caller, found):
        raise Problem(403, "restricted", "processing of this person's data is restricted; a manager may look")
    for shown in await reading.shown([person_found(found.id, found)]):
        return shown
    raise Problem(404, "unknown-person", "this person is being forgotten")


@router.post("/persons/search")
async def search(body: Search, caller: OfStructure, store: Store, reading: Reading) -> list[PersonFound]:
    """People of one's own structure by name or telephone number.

    A POST, so that neither stands in an address or a log.
    """
    people = await persons.search(store, caller.own_structure, body.name)
    return await reading.shown([person_found(id, who) for id, who in people if persons.may_see(caller, who)])


@router.get("/duplicates")
async def duplicates(caller: OfStructure, store: Store, reading: Reading) -> list[PossibleDuplicates]:
    """People of one's own structure who may be one; shown, never refused."""
    groups = await persons.possible_duplicates(store, caller.own_structure)
    shown = [await reading.shown([person_found(id, found) for id, found in group]) for group in groups]
    return [PossibleDuplicates(persons) for persons in shown if len(persons) > 1]


@router.post("/pathways/{pathway}/request/correction")
async def correct_request(
    pathway: UUID, body: Whole[RequestBody], command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole request as it is to stand."""
    return answered(response, await pathways.correct_request(store, pathway, body.fact(), command), pathway)


@pathway_files.post("/welcome")
def welcome(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That the person was welcomed, and when."""
    file.welcome_person(body.on, here.today)


@pathway_files.post("/welcome/correction")
def correct_welcome(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the welcome, or that there was none."""
    file.correct_welcome(body.on, here.today)


@pathway_files.post("/start")
def start_support(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That support began, and when."""
    file.start_support(body.on, here.today)


@pathway_files.post("/start/correction")
async def correct_start(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the start, or that there was none."""
    file.correct_start(body.on, await here.exited_on(), here.today)


@pathway_files.post("/withdrawal")
def withdraw(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That the person took the request back before support began; no reason is asked for."""
    file.withdraw(body.on, here.today)


@pathway_files.post("/withdrawal/correction")
def correct_withdrawal(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the withdrawal, or that there was none."""
    file.correct_withdrawal(body.on, here.today)


@router.post("/imports/ids", tags=["import"])
async def ids_of_keys(
    body: Named,
    caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER))],
    store: Store,
    reading: Reading,
    keys: Keys,
) -> Found:
    """The ids that keys of an import lead to. A POST, so that no key stands in an address or a log.

    A structure is answered its own people's alone, the operator whatever the key, so that who was forgotten is told
    from who never was.
    """
    pathways = [FoundPathway(key, keys.pathway(key)) for key in body.pathways]
    persons = [FoundPerson(key, keys.person(key)) for key in body.persons]
    ids = [of.pathway for of in pathways], [of.person for of in persons]
    here = await application.here(store, *ids, caller)
    shown = Found(
        await reading.shown([of for of in pathways if of.pathway in here]),
        await reading.shown([of for of in persons if of.person in here]),
    )
    return Found(pathways, persons) if caller.role is Role.OPERATOR else shown


@router.post("/imports/structures")
async def import_structures(body: Structures, command: Commanded, store: Store) -> dict[str, int]:
    """Registers or corrects structures of an import; answers how many events each added."""
    return await application.import_structures(store, body.structures, command)


imports = pathway_routes(application.import_pathways, application.known_rows)
disagreements = disagreement_routes(application.known_here)
