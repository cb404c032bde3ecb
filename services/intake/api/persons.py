"""Persons: how they ask for support, who they are, when two are one, restricting and forgetting them."""

from dataclasses import dataclass, fields
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field

from services.intake import domain, retention, views
from services.intake.application import pathways, persons
from services.intake.application.persons import Everywhere
from services.intake.application.whose import must_keep
from shared.http.access import Commanded, CommandedByManager, CommandedInStructure, OfStructure, allow, chosen_id
from shared.http.command_routes import CommandRoutes, answered
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import OnDay, Store, reads
from shared.kernel.callers import Caller, Role
from shared.kernel.commands import Act, Done
from shared.kernel.refusals import Problem
from shared.language.codes import BirthYear, Housing, Months, Qualification, Requester, Sex
from shared.language.days import Day
from shared.language.sealed import Sealed
from shared.language.texts import CodeOfStructure, Name

router = Router()
files = CommandRoutes(router, "/persons/{person}", persons.person_file)
restrictions = CommandRoutes(
    router, "/persons/{person}/restriction", persons.person_everywhere, by=CommandedByManager, everywhere=True
)


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


@files.post("/identity")
async def identify(file: domain.Person, act: Act, body: domain.Identity, http: Request) -> None:
    """The whole identity as it is to stand. A name to call the person by is enough, as long as nothing else is known:
    what is, is given again, or null."""
    stood = file.identity.current
    file.identify(body)  # a closed file is told first
    must_keep(stood, _left_out((await http.json()).parsed, "body"))


def _left_out(identity: dict[str, Any], place: str) -> dict[str, str]:
    """Finds what an identity does not speak of, with its place: that is not to say that it is null."""
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
