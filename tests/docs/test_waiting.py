"""A test waits for the state that it asserts: until it is there, not for a number of looks or a guess of seconds."""

import ast
from collections.abc import Iterator

from tests.places import TESTS


def _sleeps(node: ast.AST) -> bool:
    return any(
        isinstance(call, ast.Call) and ast.unparse(call.func) in ("asyncio.sleep", "time.sleep")
        for call in ast.walk(node)
    )


def _counted_waits(tree: ast.AST) -> Iterator[int]:
    """Loops that look again, but only so many times: on a busy machine they end before the state has come."""
    for node in ast.walk(tree):
        counted = isinstance(node, ast.For | ast.AsyncFor) and ast.unparse(node.iter).startswith("range(")
        if counted and _sleeps(node) and any(isinstance(part, ast.Break | ast.Return) for part in ast.walk(node)):
            yield node.lineno


def test_no_test_waits_for_a_number_of_looks() -> None:
    files = sorted(TESTS.rglob("*.py"))
    found = [f"{file.name}:{line}" for file in files for line in _counted_waits(ast.parse(file.read_text()))]
    assert not found, "use tests.harness.eventually"
    assert len(files) > 50


def test_a_counted_wait_is_found() -> None:
    source = "for _ in range(50):\n    if g():\n        break\n    await asyncio.sleep(1)"
    assert list(_counted_waits(ast.parse(source))) == [1]
