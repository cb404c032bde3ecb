"""The services by name, in the order of the pathway."""

OF_PATHWAYS = ("intake", "diagnostic", "training", "outcomes")
"""Those that hold facts of a person's pathways, import them and forget them."""
SERVICES = (*OF_PATHWAYS, "reporting")
