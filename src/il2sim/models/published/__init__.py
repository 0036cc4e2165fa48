"""Published models, in our language, to stand beside ours and to be checked.

Each is what its paper says, with the paper's values (`values.tsv`), not what we think
right; where a file of the authors and their text differ, the module says which is
followed. Reading order: `values`, `farhat`, `multivalent`, `feinerman`, `fallon`,
`kirschner`.
"""

from il2sim.models.published.fallon import fallon_2000
from il2sim.models.published.farhat import farhat_2021
from il2sim.models.published.feinerman import half_maximal_il2, signaling_receptors
from il2sim.models.published.kirschner import kirschner_1998, runaway_supply
from il2sim.models.published.multivalent import Bound, bound_at_equilibrium

__all__ = [
    "Bound",
    "bound_at_equilibrium",
    "fallon_2000",
    "farhat_2021",
    "half_maximal_il2",
    "kirschner_1998",
    "runaway_supply",
    "signaling_receptors",
]
