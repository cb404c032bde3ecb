"""Parts of bodies and questions."""

from dataclasses import dataclass

from services.training import domain
from shared.language.codes import WithdrawalReason
from shared.language.contracts.training import HalfDay
from shared.language.days import Day


@dataclass
class WithdrawalBody:
    """When it was decided, and why, that the person does not take part."""

    on: Day
    reason: WithdrawalReason


def half_days(told: list[HalfDay]) -> tuple[domain.HalfDay, ...]:
    return domain.in_order([domain.HalfDay(one.day, one.part) for one in told])
