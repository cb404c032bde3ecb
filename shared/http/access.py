"""Who asks: bearer tokens checked against the issuer's keys, and the caller that every event names."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from itertools import count
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, Header, Request
from pydantic import AfterValidator

from shared.http.claims import at, pseudonym, role_in, structures_in
from shared.http.door import in_one_order, refuse_unknown
from shared.http.tokens import Tokens
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.database import ask_across_structures, ask_for
from shared.kernel.event_store import IdempotencyKey, under
from shared.kernel.refusals import Problem
from shared.kernel.settings import Settings
from shared.kernel.users import Claimed
from shared.language.texts import without_nir


class TokenCheck:
    """Turns a bearer token into a Caller, or a 401 or 403 that says what is wrong with it."""

    def __init__(self, settings: Settings, admit: Callable[[Claimed], Awaitable[Claimed]]) -> None:
        self.settings, self.tokens, self._admit = settings, Tokens(settings), admit

    async def caller(self, token: str) -> Caller:
        """The one place where every request and every page comes to know who asks, and the database for whom."""
        claims = await self.tokens.access(token)
        entering = await self._admit(self._claimed(claims))
        if entering.role is None:
            raise Problem(403, "unknown-role", "the token carries no role of this platform, and none was given here")
        if entering.role.of_a_structure:
            ask_for(entering.structure)
        elif entering.role in (Role.OPERATOR, Role.OPS):
            ask_across_structures()
        return Caller(entering.subject, entering.role, entering.structure, _id(token, claims))

    def _claimed(self, claims: Mapping[str, Any]) -> Claimed:
        subject = pseudonym(claims["sub"])
        named = role_in(at(claims, self.settings.oidc_role_claim), set(Role))
        role = Role(named) if named else None
        structures = structures_in(at(claims, self.settings.oidc_structure_claim))
        if len(structures) > 1 and role and role.of_a_structure:
            raise Problem(403, "several-structures", f"the token names several structures: {sorted(structures)}")
        return Claimed(subject, role, structures.pop() if len(structures) == 1 else None)


def _id(token: str, claims: dict[str, Any]) -> str:
    return str(claims.get("jti") or hashlib.sha256(token.encode()).hexdigest()[:16])[:100]


async def _caller(
    request: Request, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Caller:
    check: TokenCheck = request.app.state.token_check
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "token-needed", "send a bearer token: Authorization: Bearer …")
    caller = await check.caller(token.strip())
    request.state.caller = caller
    under.set((caller.role.value, caller.token))
    await refuse_unknown(request)
    return caller


AnyCaller = Annotated[Caller, Depends(_caller)]


def allow(*roles: Role) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency that lets these roles in."""

    async def check(caller: AnyCaller) -> Caller:
        if caller.role not in roles:
            raise Problem(403, "not-allowed", f"role {caller.role} may not do this")
        return caller

    return check


async def _of_structure(caller: AnyCaller) -> Caller:
    if caller.role not in (Role.ADVISER, Role.MANAGER):
        raise Problem(403, "not-allowed", f"role {caller.role} sees no single person's file")
    if caller.structure is None:
        raise Problem(403, "no-structure", "the token names no structure")
    return caller


OfStructure = Annotated[Caller, Depends(_of_structure)]
"""An adviser or a manager, who see the people of their own structure and nobody else."""


_IDS = UUID("5a1b7e0c-93d4-4b7e-8a56-2f0d6c1e9b43")


class _Chosen:
    """The ids that the service chooses under one idempotency key, in the order in which the body asks for them."""

    def __init__(self, key: IdempotencyKey) -> None:
        self._seed = uuid5(_IDS, "\0".join([key.caller, key.route, key.key, key.body_hash.hex()]))
        self._numbers = count()

    def next(self) -> UUID:
        return uuid5(self._seed, str(next(self._numbers)))


_chosen_under: ContextVar[_Chosen | None] = ContextVar("chosen_under", default=None)


def chosen_id() -> UUID:
    """The id of a fact to which the caller gave none: the same at every repeat under one idempotency key."""
    chosen = _chosen_under.get()
    return uuid4() if chosen is None else chosen.next()


def _commanded(*roles: Role) -> Callable[..., Awaitable[Command]]:
    async def command(
        request: Request,
        caller: Annotated[Caller, Depends(allow(*roles))],
        idempotency_key: Annotated[
            Annotated[str, AfterValidator(without_nir)] | None,
            Header(
                min_length=1,
                max_length=200,
                description="Repeats of a request under one key are answered as the first",
            ),
        ] = None,
        if_match: Annotated[
            str | None,
            Header(
                pattern='^"[0-9]{1,9}"$',
                description="The version that was looked at, in quotes, as an answer tells it; where the file has "
                "moved on since, the answer is 409 `version-conflict` with what changed",
            ),
        ] = None,
    ) -> Command:
        version = None if if_match is None else int(if_match.strip('"'))
        if idempotency_key is None:
            _chosen_under.set(None)
            return Command(caller, None, version)
        body_hash = hashlib.sha256(in_one_order(await request.body())).digest()
        key = IdempotencyKey(caller.id, request.url.path, idempotency_key, body_hash)
        _chosen_under.set(_Chosen(key))
        return Command(caller, key, version)

    return command


Commanded = Annotated[Command, Depends(_commanded(Role.OPERATOR))]
CommandedInStructure = Annotated[Command, Depends(_commanded(Role.OPERATOR, Role.ADVISER, Role.MANAGER))]
"""Of an adviser or a manager the route must see that it is their structure's (`Caller.must_be_of`)."""
CommandedByManager = Annotated[Command, Depends(_commanded(Role.OPERATOR, Role.MANAGER))]
"""As CommandedInStructure, without advisers."""
