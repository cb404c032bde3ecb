"""The pages that a person reads, made on the server, in French; they work without JavaScript."""

from services.reporting.pages.home import router

__all__ = ["router"]
