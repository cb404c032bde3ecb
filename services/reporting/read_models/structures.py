"""The structures: in which département each is."""

from services.reporting.read_models.projection import Projection, State
from shared.language.contracts import PublicEvent, intake

_COLUMNS = ("structure", "name", "department")


def _registered(_: State, told: intake.Structure, __: PublicEvent) -> State:
    return {name: getattr(told, name) for name in _COLUMNS}


STRUCTURES = Projection(
    table="structures",
    folds={intake.Structure: _registered},
    columns=dict.fromkeys(_COLUMNS, "text"),
    row=lambda state, _: tuple(state[name] for name in _COLUMNS),
    pathway=None,
)
