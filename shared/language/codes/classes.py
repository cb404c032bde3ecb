"""The classes by which figures are broken down, and which class a value falls in."""

from datetime import date

from shared.language.codes.intake import SPECIAL_REQUESTERS, Housing, Qualification, Requester, Sex

UNKNOWN = "unknown"


AGE_CLASSES = ("under_18", "18_25", "26_29", "30_49", "50_54", "55_and_over", UNKNOWN)


UNEMPLOYMENT_CLASSES = ("none", "under_12", "12_to_23", "24_and_over", UNKNOWN)


QUALIFICATION_CLASSES = (*(str(level.value) for level in Qualification), UNKNOWN)


SEX_CLASSES = (*Sex, UNKNOWN)


REQUESTER_CLASSES = tuple(code for code in Requester if code not in SPECIAL_REQUESTERS)


HOUSING_CLASSES = (*Housing, UNKNOWN)


BREAKDOWNS: dict[str, tuple[str, ...]] = {
    "sex": SEX_CLASSES,
    "age": AGE_CLASSES,
    "unemployment": UNEMPLOYMENT_CLASSES,
    "qualification": QUALIFICATION_CLASSES,
    "requester": REQUESTER_CLASSES,
    "housing": HOUSING_CLASSES,
}
"""Every breakdown of the indicator catalogue with its classes, in the order in which they are shown."""


def age_class(requested_on: date, birth_year: int | None) -> str:
    """Age band at request: the year of the request minus the year of birth."""
    if birth_year is None:
        return UNKNOWN
    age = requested_on.year - birth_year
    for upper, name in ((18, "under_18"), (26, "18_25"), (30, "26_29"), (50, "30_49"), (55, "50_54")):
        if age < upper:
            return name
    return "55_and_over"


def unemployment_class(months: int | None) -> str:
    """Band of the months without employment at request."""
    if months is None:
        return UNKNOWN
    if months == 0:
        return "none"
    return "under_12" if months < 12 else "12_to_23" if months < 24 else "24_and_over"


def qualification_class(level: Qualification | None) -> str:
    return UNKNOWN if level is None else str(level.value)


def requester_class(requester: Requester | None) -> str:
    """The requester as others than the person's own structure see it: a special code reads `other`."""
    if requester is None:
        return UNKNOWN
    return Requester.OTHER.value if requester in SPECIAL_REQUESTERS else requester.value
