"""The closed lists of codes that facts are recorded with, and the classes that figures are broken down by.

The values are what import files, HTTP bodies, events and read models carry. A value is never renamed:
events are for ever.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class AsNumber:
    """Has a decimal published, and so taken, as a JSON number alone: a text is none."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(schema)
        return next((one for one in described.get("anyOf", ()) if one.get("type") == "number"), described)


@dataclass(frozen=True)
class InClear:
    """Marks a text that may stand in clear in an event, as it tells of no person. `what` it is."""

    what: str


StructureCode = Annotated[str, InClear("code of a structure")]
DepartmentCode = Annotated[str, InClear("INSEE code of a département")]
OrganisationName = Annotated[str, InClear("name of an organisation")]
RuleVersion = Annotated[str, InClear("version of a rule or an instrument")]
ClassCode = Annotated[str, InClear("class of a breakdown")]
PSEUDONYM = "^[!-?A-~]{1,64}$"
"""Visible ASCII without @."""
Subject = Annotated[str, InClear("subject of a user's token, never a name"), Field(min_length=1, max_length=200)]
TimeOfDay = Annotated[str, InClear("time of day"), Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["10:30"])]
Language = Annotated[str, InClear("ISO 639 code of a language"), Field(pattern="^[a-z]{2,3}$", examples=["pt"])]
RomeCode = Annotated[str, InClear("ROME code of an occupation"), Field(pattern="^[A-Z][0-9]{4}$", examples=["G1602"])]
ItemCode = Annotated[
    str, InClear("code of a questionnaire's item"), Field(pattern="^[a-z_]{1,40}$", examples=["rhythm"])
]


class Role(StrEnum):
    """As what a user asks and commands: the first two in one structure, the others in the whole programme."""

    ADVISER = "adviser"
    MANAGER = "manager"
    OPERATOR = "operator"
    EVALUATOR = "evaluator"
    INTEGRATOR = "integrator"
    OPS = "ops"

    @property
    def of_a_structure(self) -> bool:
        return self in (Role.ADVISER, Role.MANAGER)


PROGRAMME = "programme"
"""Stands where a structure's code does for what belongs to none; no structure is called so."""

# What one field alone may say, at every door. Patterns are of the whole text.

STRUCTURE_CODE = "[a-z0-9-]{1,32}"
DEPARTMENT = "(?:0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-8]|98[4678])"
"""INSEE: 01–19, 2A, 2B, 21–95, and overseas 971–978, 984, 986–988."""
EARLIEST_BIRTH_YEAR = 1900
"""The latest is the year of the request."""
MOST_MONTHS = 1200
"""Months without employment, or in an occupation, at most: a hundred years."""
HIGHEST_SCORE = 10
"""Remobilisation is scored from 0 to 10."""
MOST_HOURS = Decimal(5000)
"""Hours of one activity at most: three years of full time work (1,607 h each, the legal year) are 4,821."""
DECIMALS_OF_HOURS = 4

Department = Annotated[str, Field(pattern=f"^{DEPARTMENT}$", examples=["69"])]
BirthYear = Annotated[int, Field(ge=EARLIEST_BIRTH_YEAR, le=2100)]
Months = Annotated[int, Field(ge=0, le=MOST_MONTHS)]
Score = Annotated[int, Field(ge=0, le=HIGHEST_SCORE)]
Hours = Annotated[Decimal, Field(ge=0, le=MOST_HOURS, max_digits=8, decimal_places=DECIMALS_OF_HOURS), AsNumber()]
