"""Calendar months, date to date: a day that the month lacks becomes its last day."""

import calendar
from datetime import date


def months_later(day: date, months: int) -> date:
    """31 August + 6 months is the last day of February; beyond the calendar's end, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
