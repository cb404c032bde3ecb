"""Files that only the platform's account may read: passwords and keys of the data folder, a person's copy."""

import os
from pathlib import Path


def write_secret(file: Path, content: str | bytes) -> None:
    """Whole or not at all, and durable before it returns."""
    draft = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content.encode() if isinstance(content, str) else content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
