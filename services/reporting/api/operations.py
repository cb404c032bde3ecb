"""The rebuild, for whoever operates the platform."""

from typing import Any

from fastapi import Depends, Request

from shared.http.access import allow
from shared.http.door import Router
from shared.kernel.callers import Role

router = Router()
_operations = [Depends(allow(Role.OPERATOR, Role.OPS))]


@router.post("/rebuild", dependencies=_operations, status_code=202)
async def rebuild(request: Request) -> dict[str, Any]:
    """Starts to build the read models anew; the old ones answer meanwhile."""
    return dict(vars(request.app.state.rebuilder.start()))


@router.get("/rebuild", dependencies=_operations)
async def rebuild_state(request: Request) -> dict[str, Any]:
    """How far the rebuild is: `state` none, running, done or failed; `applied` events of `of`."""
    return dict(vars(request.app.state.rebuilder.rebuild))
