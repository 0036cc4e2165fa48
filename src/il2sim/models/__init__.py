"""The biology, written in the language of `symbolic`.

Each file holds the components of one part of the body and tells what happens there,
each event once; the complete models join instances of them by name. No value stands
here (they come from `evidence` and `molecules`), and no file knows how it is solved.

Reading order: `cells`, `absorption`, `circulation`, `binding`, `trafficking`,
`signaling`, `lymphocytes`, `thymus`, `tumor`; then `body` and `body_with_tumor`;
`switches` says what can be switched off in them.
"""

from il2sim.models.body import body
from il2sim.models.body_with_tumor import body_with_tumor

__all__ = ["body", "body_with_tumor"]
