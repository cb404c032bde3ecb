"""Settings from the environment, read once, typed. The README's table is tested against this class."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_ISSUER = "urn:lieu:development"
"""Of `lieu/issuer.py`. Never for production."""


class Settings(BaseSettings):
    """What one service needs to know of its surroundings. Unset and without default: the service does not start."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, env_ignore_empty=True)

    database_url: str = Field(
        alias="LIEU_DATABASE_URL", description="The service's own PostgreSQL database, as its restricted role"
    )
    database_owner_url: str | None = Field(
        None,
        alias="LIEU_DATABASE_OWNER_URL",
        description="The same database as its owner: migrations run at the start when set",
    )
    nats_url: str = Field(alias="LIEU_NATS_URL", description="NATS with JetStream, user and password inside")
    oidc_issuer: str = Field(
        alias="LIEU_OIDC_ISSUER",
        description="Issuer of the bearer tokens; its keys are found by OpenID discovery. `lieu up` without it: the "
        "development issuer",
    )
    oidc_audience: str = Field("lieu", alias="LIEU_OIDC_AUDIENCE", description="Audience a token must name")
    oidc_keys: Path | None = Field(
        None,
        alias="LIEU_OIDC_KEYS",
        description="A file with the issuer's key set (JWKS), instead of discovery",
    )
    oidc_keys_seconds: float = Field(
        60, alias="LIEU_OIDC_KEYS_SECONDS", gt=0, description="Seconds after which a key that its issuer withdrew ends"
    )
    oidc_role_claim: str = Field(
        "role",
        alias="LIEU_OIDC_ROLE_CLAIM",
        description="Where a token tells the role, a text or a list: a dotted path, as `realm_access.roles`",
    )
    oidc_structure_claim: str = Field(
        "structure",
        alias="LIEU_OIDC_STRUCTURE_CLAIM",
        description="Where a token tells the structure: its code, or a list of groups like `/structures/s01`",
    )
    oidc_client_id: str | None = Field(
        None,
        alias="LIEU_OIDC_CLIENT_ID",
        description="Reporting: the pages' client at the issuer; people then sign in there. Unset: by pasting a token",
    )
    oidc_client_secret: SecretStr | None = Field(
        None, alias="LIEU_OIDC_CLIENT_SECRET", description="Reporting: the secret of that client, where it has one"
    )
    oidc_client_secret_file: Path | None = Field(
        None, alias="LIEU_OIDC_CLIENT_SECRET_FILE", description="Reporting: a file with that secret"
    )
    public_url: str | None = Field(
        None,
        alias="LIEU_PUBLIC_URL",
        pattern=r"^https?://[^/?#\s]+$",
        description="Reporting: the pages' address as people see it, `https://lieu.example.org`; unset: as asked",
    )
    keys_master: SecretStr | None = Field(
        None,
        alias="LIEU_KEYS_MASTER",
        description="Master keys of the personal data, `ID:BASE64[,ID:BASE64…]`, 32 bytes each; the first wraps, "
        "all open. Reporting needs none",
    )
    import_secret: SecretStr | None = Field(
        None,
        alias="LIEU_IMPORT_SECRET",
        description="What the ids of imports are derived under: 32 bytes in base64, one for all services, never "
        "another; `constant` where imports were made before there was one. Reporting needs none",
    )
    import_secret_file: Path | None = Field(
        None, alias="LIEU_IMPORT_SECRET_FILE", description="A file with that secret"
    )
    erasure_ledger: Path | None = Field(
        None,
        alias="LIEU_ERASURE_LEDGER",
        description="Intake, training, outcomes: a folder outside the database and its backups for the digests of "
        "forgotten ids, which a restore applies again",
    )
    backup_days: int = Field(
        30, alias="LIEU_BACKUP_DAYS", ge=1, description="Days for which backups and their keys are kept"
    )
    retention: bool = Field(
        True,
        alias="LIEU_RETENTION",
        description="`off`: intake announces, archives and erases nobody by itself, once a day; "
        "`lieu retention` still does",
    )
    body_limit: int = Field(
        4 * 1024 * 1024,
        alias="LIEU_BODY_LIMIT",
        ge=1024,
        description="Bytes of a request's body at most (4 MiB; a chunk of `lieu import` has some 150 kB)",
    )
    requests_per_second: float = Field(
        500,
        alias="LIEU_REQUESTS_PER_SECOND",
        ge=0,
        description="Requests a second under one token, or from one address without any, in one process; those of ten "
        "seconds may come at once; 0 no limit",
    )
    trusted_proxies: str = Field(
        "",
        alias="LIEU_TRUSTED_PROXIES",
        description="Addresses or networks of proxies, by commas, whose X-Forwarded-For and X-Forwarded-Proto are "
        "believed; unset: nobody's",
    )
    threshold_partners: int = Field(
        5,
        alias="LIEU_THRESHOLD_PARTNERS",
        ge=1,
        description="Reporting: counts of people or pathways under it are withheld from evaluators and others",
    )
    threshold_public: int = Field(
        11, alias="LIEU_THRESHOLD_PUBLIC", ge=1, description="Reporting: the same for what is published"
    )
    otlp_endpoint: str | None = Field(
        None, alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="Where traces are sent; unset: to a file"
    )
    trace_folder: Path | None = Field(
        None, alias="LIEU_TRACE_FOLDER", description="Folder of the trace files where no endpoint is set"
    )
    traces_per_second: float = Field(
        10,
        alias="LIEU_TRACES_PER_SECOND",
        description="Requests traced a second at most when the caller did not decide; 0 none, -1 all",
    )

    @property
    def import_secret_given(self) -> str | None:
        """By itself or in its file."""
        if self.import_secret is not None:
            return self.import_secret.get_secret_value()
        return self.import_secret_file.read_text().strip() if self.import_secret_file else None

    @property
    def real_issuer(self) -> bool:
        """Not the development issuer."""
        return self.oidc_issuer != DEVELOPMENT_ISSUER
