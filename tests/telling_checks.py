"""Checks of our own for schemathesis: what an answer may not hold, given in LIEU_TEST_SECRETS (texts between commas),
and what a refusal tells.

An answer may repeat what its own request said: a guessed id is named in "no such pathway … was requested".
"""

import os
from urllib.parse import unquote

import schemathesis

SECRETS = [text for text in os.environ.get("LIEU_TEST_SECRETS", "").split(",") if text]


@schemathesis.check
def tells_nothing_of_another_structure(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    asked = f"{unquote(response.request.url or '')} {response.request.body!r}"
    for secret in SECRETS:
        if secret in response.text and secret not in asked:
            raise AssertionError(f"the answer holds {secret}, which is another structure's")


@schemathesis.check
def refusal_is_named(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Valid or not, what is asked for is done or refused by a rule that has a name and says what is wrong."""
    if 400 <= response.status_code < 500:
        problem = response.json()
        assert problem["status"] == response.status_code, problem
        assert problem["code"], problem
        assert problem["detail"], problem
