"""The biology, written in the language of `symbolic`.

Each file holds the components of one part of the body and tells what happens there,
each event once; the complete models join instances of them by name. No value stands
here (they come from `evidence` and `molecules`), and no file knows how it is solved.

Reading order: `cells`, `blood_cells`, `absorption`, `circulation`, `binding`,
`trafficking`, `signaling`, `lymphocytes`, `thymus`, `eosinophils`, `toxicity`, `tumor`,
`transfer`; then `body`, `body_with_tumor` and `body_with_cells`; `switches` says what
can be switched off in them. The same receptors in a well: `well`, `multivalent`,
`mechanisms`, `stat5`, `lasting`, `sequential`, `endosome`, `family`, `preformed`,
`stain`, `traps`, `fusions`, then `dish`; of others, `published`.
"""

from il2sim.models.body import body
from il2sim.models.body_with_cells import body_with_cells, body_with_tumor_and_cells
from il2sim.models.body_with_tumor import body_with_tumor
from il2sim.models.dish import dish

__all__ = [
    "body",
    "body_with_cells",
    "body_with_tumor",
    "body_with_tumor_and_cells",
    "dish",
]
