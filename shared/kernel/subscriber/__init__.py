"""A consumer of public events: effects exactly once, in order, with what fails parked by pathway.

The position stands in the consumer's own database and advances in the transaction of the effect. A message that
was already applied is skipped; an event that cannot be applied is parked with its reason, and every later one of
its pathway with it, in that same transaction; everything else goes on.
"""

from shared.kernel.subscriber.consumer import Enter
from shared.kernel.subscriber.delivery import Delivery
from shared.kernel.subscriber.fetching import FETCH
from shared.kernel.subscriber.following import GATHER, Subscriber
from shared.kernel.subscriber.parking import PASSING, Apply

__all__ = ["FETCH", "GATHER", "PASSING", "Apply", "Delivery", "Enter", "Subscriber"]
