"""What was measured, by whom, under which conditions.

Every number of biology in this package stands in `tables/`, one row each, with its
unit, its source and how it was obtained; rows are checked when they are loaded. A row
that was not verified can be shown, but a parameter may rest on it only as a marked
assumption.

Reading order: `source`, `measurement`, `parameter`, `library`, then `words`, `rows`
and `bibliography`, which read the files; `fitted` reads what shipped fits found.
"""

from il2sim.evidence.library import (
    Library,
    measurement,
    measurements,
    parameter,
    parameters,
    read_library,
    search,
    source,
    sources,
    topics,
)
from il2sim.evidence.measurement import Measurement
from il2sim.evidence.parameter import ParameterValue
from il2sim.evidence.source import Source

__all__ = [
    "Library",
    "Measurement",
    "ParameterValue",
    "Source",
    "measurement",
    "measurements",
    "parameter",
    "parameters",
    "read_library",
    "search",
    "source",
    "sources",
    "topics",
]
