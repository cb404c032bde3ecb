"""The ids of imported pathways and persons, from the keys of an import's files and a secret of the installation.

An import that was interrupted is simply run again, from any machine, and finds what it recorded; whoever knows a key
and this source, but not the secret, can compute no id (docs/decisions/0028-ids-under-a-secret.md).
"""

import base64
import hmac
import os
from uuid import UUID, uuid5

from shared.kernel.database import Pool
from shared.kernel.refusals import Problem
from shared.language.history import ById, Dossier, PathwayRow, SentDossier

CONSTANT = "constant"
"""In the secret's place: the ids as they were derived before there was one, which whoever imported then keeps."""
_OF_BEFORE = UUID("5b3b8a52-1f0e-5c4e-9d43-0f3a7f6f2a10")
_BYTES = 32


class ImportSecretRefused(Problem):
    """Ids cannot be derived here, or would not be those of before. `code` says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(503, code, detail)


class ImportKeys:
    """Turns keys into ids. `secret`: 32 bytes in base64, or `constant`; null: every key is refused.

    One namespace over all structures: a person whom two of them import under one key is one person.
    """

    def __init__(self, secret: str | None) -> None:
        self._constant = secret == CONSTANT
        self._secret = None if secret is None or self._constant else _decoded(secret)

    def pathway(self, key: str) -> UUID:
        """Raises ImportSecretRefused."""
        return self._id(f"pathway:{key}")

    def person(self, key: str) -> UUID:
        """Raises ImportSecretRefused."""
        return self._id(f"person:{key}")

    def dossier(self, sent: SentDossier) -> Dossier:
        """The same under the platform's ids. Raises ImportSecretRefused."""
        person = sent.request.person
        id = person.id if isinstance(person, ById) else self.person(person)
        request = PathwayRow(**(vars(sent.request) | {"person": id}))
        return Dossier(**(vars(sent) | {"pathway": self.pathway(sent.pathway), "request": request}))

    def _id(self, name: str) -> UUID:
        """Under a secret an id like any other: nothing in it tells that it was imported."""
        return uuid5(_OF_BEFORE, name) if self._constant else UUID(bytes=self._digest(name)[:16], version=4)

    @property
    def fingerprint(self) -> str | None:
        """By which a secret is known again, and nobody learns it; null where there is none."""
        if self._constant or self._secret is None:
            return CONSTANT if self._constant else None
        return self._digest("fingerprint").hex()

    def _digest(self, text: str) -> bytes:
        if self._secret is None:
            raise _missing()
        return hmac.digest(self._secret, text.encode(), "sha256")

    async def must_fit(self, pool: Pool) -> None:
        """Raises ImportSecretRefused where this database was imported into under another secret."""
        noted = await pool.fetchval("select fingerprint from import_secret")
        if noted is not None and noted != self.fingerprint:
            code = "import-secret-differs" if self.fingerprint else "import-secret-missing"
            raise ImportSecretRefused(code, f"LIEU_IMPORT_SECRET is not that of this database: {differs(noted)}")

    async def note(self, pool: Pool) -> None:
        """Before the first import: from then on this database takes this secret alone. Raises ImportSecretRefused."""
        if self.fingerprint is None:
            raise _missing()
        await pool.execute(
            "insert into import_secret (fingerprint) values ($1) on conflict do nothing", self.fingerprint
        )
        await self.must_fit(pool)


def _missing() -> ImportSecretRefused:
    return ImportSecretRefused("import-secret-missing", "LIEU_IMPORT_SECRET is not set, so no key leads to an id")


def differs(noted: str) -> str:
    """Why a database that was imported into takes one secret alone; `noted`: the fingerprint of that."""
    if noted == CONSTANT:
        return f"it was imported into before keys had a secret, in whose place stands the word `{CONSTANT}`"
    return "it was imported into under another secret, without which whom it forgot would come back"


def new_import_secret() -> str:
    """A fresh secret as the setting spells it."""
    return base64.b64encode(os.urandom(_BYTES)).decode()


def _decoded(secret: str) -> bytes:
    try:
        found = base64.b64decode(secret, validate=True)
    except ValueError:
        found = b""
    if len(found) != _BYTES:
        raise ValueError(f"LIEU_IMPORT_SECRET is {_BYTES} bytes in base64, or the word {CONSTANT}")
    return found
