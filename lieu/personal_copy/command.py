"""`lieu copy`."""

import asyncio
import sys
from pathlib import Path

import httpx

from lieu.client import Platform, PlatformError
from lieu.personal_copy.composing import CopyRefused, compose
from lieu.personal_copy.document import pdf
from lieu.secret_files import write_secret


async def copy_person(platform: Platform, person: str, pdf_file: Path | None, json_file: Path | None) -> int:
    """Writes the files that are asked for, to be read by this account alone; without any, prints JSON."""
    try:
        copy = await compose(platform.http, await platform.person(person))
    except CopyRefused as refused:
        raise PlatformError(f"{refused.code}: {refused}") from None
    except httpx.HTTPError as error:
        raise PlatformError(f"{platform.url}: {type(error).__name__}") from None
    if pdf_file is not None:
        write_secret(pdf_file, await asyncio.to_thread(pdf, copy))
    if json_file is not None:
        write_secret(json_file, copy.as_json())
    if pdf_file is None and json_file is None:
        sys.stdout.write(copy.as_json().decode() + "\n")
    return 0
