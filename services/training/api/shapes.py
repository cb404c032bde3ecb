"""What bodies and questions are made of."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import Field

from services.training import domain
from shared.codes import WithdrawalReason
from shared.contracts.training import HalfDay

Hours = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=8, decimal_places=2)]
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]


@dataclass
class WithdrawalBody:
    """When it was decided, and why, that the person does not take part."""

    on: date
    reason: WithdrawalReason


def half_days(told: list[HalfDay]) -> tuple[domain.HalfDay, ...]:
    return domain.in_order([domain.HalfDay(one.day, one.part) for one in told])
