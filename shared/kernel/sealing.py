"""Text about a person that only that person's key opens (docs/decisions/0007-sealed-fields.md).

A developer of a service declares a field as `Sealed` and does nothing more: the store seals it when an event is
stored and opens it when an aggregate is loaded. Every person has a data key in each service's database, wrapped by
the master key, which stays outside; events never change when the master key does, and forgetting a person begins
with destroying these data keys.

A seal is AES-256-GCM over the text, bound to the person, the service's aggregate and version, and the field: moved
to any other place it does not open.
"""

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Protocol, get_args, get_type_hints
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.database import Pool, across_structures
from shared.language.sealed import CannotOpen, Sealed

_NONCE, _KEY = 12, 32


class MasterKeys(Protocol):
    """What wraps data keys: keys from the environment, or a key management service by the same two calls."""

    def wrap(self, key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        """(id of the master key in use, the wrapped key)."""
        ...

    def unwrap(self, master: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """Raises CannotOpen where the master key is not there or the wrapped key was tampered with."""
        ...

    @property
    def active(self) -> str:
        """Id of the master key that new data keys are wrapped with."""
        ...


class EnvironmentKeys:
    """Master keys written as `ID:BASE64[,ID:BASE64…]`, 32 bytes each; the first wraps, all unwrap."""

    def __init__(self, setting: str | None) -> None:
        self._keys: dict[str, AESGCM] = {}
        for part in filter(None, (part.strip() for part in (setting or "").split(","))):
            id, colon, text = part.partition(":")
            try:
                key = base64.b64decode(text, validate=True)
            except ValueError:
                key = b""
            if not (id and colon and len(key) == _KEY):
                raise ValueError("LIEU_KEYS_MASTER is ID:BASE64[,ID:BASE64…], each key 32 bytes")
            self._keys[id] = AESGCM(key)

    @property
    def ids(self) -> set[str]:
        return set(self._keys)

    @property
    def active(self) -> str:
        if not self._keys:
            raise CannotOpen("master-key-missing", "LIEU_KEYS_MASTER is not set, so no personal data can be kept")
        return next(iter(self._keys))

    def wrap(self, key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(_NONCE)
        return self.active, nonce + self._keys[self.active].encrypt(nonce, key, bound_to)

    def unwrap(self, master: str, wrapped: bytes, bound_to: bytes) -> bytes:
        if master not in self._keys:
            raise CannotOpen("master-key-missing", f"master key {master} is not among LIEU_KEYS_MASTER")
        try:
            return self._keys[master].decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound_to)
        except InvalidTag:
            raise CannotOpen("seal-broken", "a data key was changed, or belongs to another master key") from None


def new_master_key(id: str) -> str:
    """A fresh master key as the setting spells it."""
    return f"{id}:{base64.b64encode(os.urandom(_KEY)).decode()}"


class PersonKeys:
    """The data keys of one service's persons, in its database. Nothing unwrapped is kept between two calls."""

    def __init__(self, service: str, master: MasterKeys) -> None:
        self._service, self._master = service, master

    def _bound(self, person: UUID) -> bytes:
        return f"{self._service}/{person}".encode()

    async def ensure(self, pool: Pool, persons: Sequence[UUID]) -> dict[UUID, AESGCM]:
        """The persons' keys, made at first use. Raises CannotOpen."""
        found = await self.find(pool, persons)
        # In order: two callers that make the same keys wait for each other, and never both.
        if missing := sorted(person for person in set(persons) if person not in found):
            made = [self._master.wrap(AESGCM.generate_key(256), self._bound(person)) for person in missing]
            with across_structures():  # a key opens no more than the texts that its holder is shown
                await pool.execute(
                    """insert into person_keys (person, master, wrapped)
                       select * from unnest($1::uuid[], $2::text[], $3::bytea[]) on conflict do nothing""",
                    missing,
                    [master for master, _ in made],
                    [wrapped for _, wrapped in made],
                )
            found |= await self.find(pool, missing)
        usable: dict[UUID, AESGCM] = {}
        for person, key in found.items():
            if isinstance(key, CannotOpen):
                raise key
            usable[person] = key
        return usable

    async def find(self, pool: Pool, persons: Sequence[UUID]) -> dict[UUID, AESGCM | CannotOpen]:
        """The keys that are there; one that cannot be unwrapped is told by its reason."""
        with across_structures():
            rows = await pool.fetch(
                "select person, master, wrapped from person_keys where person = any($1)", list(set(persons))
            )
        found: dict[UUID, AESGCM | CannotOpen] = {}
        for row in rows:
            try:
                key = self._master.unwrap(row["master"], row["wrapped"], self._bound(row["person"]))
                found[row["person"]] = AESGCM(key)
            except CannotOpen as why:
                found[row["person"]] = why
        return found

    async def rewrap(self, pool: Pool, at_once: int = 500) -> int:
        """Wraps every data key anew with the master key in use; returns how many were. No event changes.

        Raises CannotOpen; the keys wrapped until then stay so.
        """
        if not await pool.fetchval("select exists(select from person_keys)"):
            return 0
        done = 0
        while True:
            async with pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(
                    """select person, master, wrapped from person_keys
                        where master <> $1 limit $2 for update skip locked""",
                    self._master.active,
                    at_once,
                )
                for row in rows:
                    bound_to = self._bound(row["person"])
                    key = self._master.unwrap(row["master"], row["wrapped"], bound_to)
                    master, wrapped = self._master.wrap(key, bound_to)
                    await connection.execute(
                        "update person_keys set master = $2, wrapped = $3 where person = $1",
                        row["person"],
                        master,
                        wrapped,
                    )
            if not rows:
                return done
            done += len(rows)


# Where sealed texts stand in a fact


@cache
def has_sealed(kind: Any) -> bool:
    """Whether a type is, or anywhere holds, a sealed text."""
    if kind is Sealed:
        return True
    if isinstance(kind, type) and is_dataclass(kind):
        return any(map(has_sealed, get_type_hints(kind).values()))
    return any(map(has_sealed, get_args(kind)))


def sealed_texts(value: Any, place: str = "") -> Iterator[tuple[str, Sealed]]:
    """Every sealed text in a fact or state with its place, such as `fact.contacts.0.phone`."""
    if isinstance(value, Sealed):
        yield place, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from sealed_texts(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from sealed_texts(part, f"{place}.{number}")
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from sealed_texts(getattr(value, field.name), f"{place}.{field.name}")


def seal(key: AESGCM, sealed: Sealed, bound_to: str) -> dict[str, str]:
    """What is stored of a sealed text."""
    nonce = os.urandom(_NONCE)
    cipher = nonce + key.encrypt(nonce, sealed.text.encode(), bound_to.encode())
    return {"sealed": base64.b64encode(cipher).decode()}


def open_in_place(key: AESGCM | CannotOpen | None, sealed: Sealed, bound_to: str) -> None:
    """Opens a stored text, or notes why that cannot be."""
    seal = sealed._seal
    if seal is None:
        return
    if key is None:
        sealed._why = CannotOpen("key-destroyed", "the person's key is gone: forgotten, or restored without its keys")
    elif isinstance(key, CannotOpen):
        sealed._why = key
    else:
        try:
            cipher = base64.b64decode(seal, validate=True)
            sealed._text = key.decrypt(cipher[:_NONCE], cipher[_NONCE:], bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            sealed._why = CannotOpen("seal-broken", "a sealed text was changed or moved; it is refused")
