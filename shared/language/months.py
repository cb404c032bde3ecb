"""Calendar months, date to date: a day that the month lacks becomes its last day."""

import calendar
from datetime import date, timedelta


def months_later(day: date, months: int) -> date:
    """31 August + 6 months is the last day of February; beyond the calendar, its first or last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def day_after(day: date) -> date:
    """The next day; of the calendar's last one, that day itself."""
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)
