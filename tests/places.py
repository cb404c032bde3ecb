"""Where tests find what is no code."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
TEN_STRUCTURES = TESTS / "data" / "ten-structures"
"""A case of ten structures, with the figures that an independent program found in it."""
