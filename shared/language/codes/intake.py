"""What intake's facts are told by."""

from enum import IntEnum, StrEnum


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


class Requester(StrEnum):
    """Who asked for support, the person or an orienter."""

    PERSON = "person"
    CHRS = "chrs"
    SIAO = "siao"
    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    CAP_EMPLOI = "cap_emploi"
    CCAS = "ccas"
    DEPARTEMENT = "departement"
    SPIP = "spip"
    PJJ = "pjj"
    ASE = "ase"
    HEALTH = "health"
    OTHER = "other"
    UNKNOWN = "unknown"


class RestrictionReason(StrEnum):
    """Why a person may have the processing of their data restricted: RGPD, article 18(1), a to d."""

    ACCURACY_CONTESTED = "accuracy_contested"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    NEEDED_FOR_CLAIMS = "needed_for_claims"
    OBJECTION_PENDING = "objection_pending"


class Housing(StrEnum):
    CHRS = "chrs"
    CHU = "chu"
    HOTEL = "hotel"
    ASYLUM = "asylum"
    SOCIAL_RESIDENCE = "social_residence"
    PENSION_DE_FAMILLE = "pension_de_famille"
    STREET = "street"
    OWN_HOME = "own_home"
    OTHER = "other"
    REFUSED = "refused"


class MainstreamSupport(StrEnum):
    """Who of the mainstream services (*droit commun*) supports the person towards employment."""

    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    PLIE = "plie"
    RSA_REFERENT = "rsa_referent"
    CAP_EMPLOI = "cap_emploi"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Rights(StrEnum):
    """Whether the person's rights to mainstream benefits are open."""

    OPEN = "open"
    NOT_OPEN = "not_open"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class ProfileMoment(StrEnum):
    """When a profile describes the person."""

    REQUEST = "request"
    START = "start"
    EXIT = "exit"


class AppointmentPurpose(StrEnum):
    """What a person is asked to come for."""

    WELCOME = "welcome"
    DIAGNOSTIC = "diagnostic"
    SUPPORT = "support"
    OTHER = "other"


class AppointmentStatus(StrEnum):
    """What became of an appointment; offered: it is still to come."""

    OFFERED = "offered"
    KEPT = "kept"
    MISSED = "missed"
    CANCELLED = "cancelled"


class ContactMeans(StrEnum):
    """By what somebody tried to reach a person."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"
    THROUGH_ORIENTER = "through_orienter"


class YesNo(StrEnum):
    """What a person answers to a question with yes or no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class DrivingLicence(StrEnum):
    """Whether a person may drive a car (*permis B*)."""

    HELD = "held"
    LEARNING = "learning"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Transport(StrEnum):
    """How a person gets to a workplace."""

    CAR = "car"
    TWO_WHEELER = "two_wheeler"
    BICYCLE = "bicycle"
    PUBLIC_TRANSPORT = "public_transport"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Resource(StrEnum):
    """What a person lives on. Benefits that tell of health or disability are `other`."""

    WAGES = "wages"
    UNEMPLOYMENT_BENEFIT = "unemployment_benefit"
    RSA = "rsa"
    YOUTH_ALLOWANCE = "youth_allowance"
    TRAINING_ALLOWANCE = "training_allowance"
    PENSION = "pension"
    OTHER = "other"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Qualification(IntEnum):
    """Level of the French nomenclature of 2019 (0 none, 3 CAP, 4 bac … 8 doctorat)."""

    NONE = 0
    LEVEL_1 = 1
    LEVEL_2 = 2
    CAP = 3
    BAC = 4
    BAC_PLUS_2 = 5
    LICENCE = 6
    MASTER = 7
    DOCTORAT = 8


SPECIAL_REQUESTERS = frozenset({Requester.SPIP, Requester.PJJ, Requester.ASE, Requester.HEALTH})
