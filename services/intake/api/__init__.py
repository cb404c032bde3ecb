"""HTTP in, commands out. No rules here."""

from services.intake.api.course import router as course
from services.intake.api.entrance import PersonFound, disagreements, imports, person_found
from services.intake.api.entrance import router as entrance
from services.intake.api.lists import router as lists
from services.intake.api.users import router as users
from services.intake.api.waves import router as waves

__all__ = ["PersonFound", "course", "disagreements", "entrance", "imports", "lists", "person_found", "users", "waves"]
