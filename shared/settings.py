"""Settings from the environment, read once, typed. The README's table is tested against this class."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
        description="Issuer of the bearer tokens; its keys are found by OpenID discovery",
    )
    oidc_audience: str = Field("lieu", alias="LIEU_OIDC_AUDIENCE", description="Audience a token must name")
    oidc_keys: Path | None = Field(
        None,
        alias="LIEU_OIDC_KEYS",
        description="A file with the issuer's key set (JWKS), instead of discovery",
    )
    keys_master: SecretStr | None = Field(
        None,
        alias="LIEU_KEYS_MASTER",
        description="Master keys of the personal data, `ID:BASE64[,ID:BASE64…]`, 32 bytes each; the first wraps, "
        "all open. Reporting needs none",
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
