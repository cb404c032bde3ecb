"""Our stored event to the public event."""

from services.reporting.domain import AnonymousPathway, Rewriting
from shared.contracts import EVENTS
from shared.contracts.reporting import ErasureRewritten
from shared.publishing import Publisher

_CONTRACT = EVENTS["reporting"]

public = Publisher(
    _CONTRACT,
    (AnonymousPathway, Rewriting),
    told={
        "pathway-anonymised": lambda event: _CONTRACT["pathway-anonymised"](**event.fact),
        ErasureRewritten: lambda event: ErasureRewritten(erasure=event.fact),
    },
)
