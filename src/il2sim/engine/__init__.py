"""How a model becomes fast code and is solved.

A `Problem` is arrays only; it is solved for many subjects at once in generated machine
code, or slowly and plainly by the reference that decides which of the two is right. The
room knows no biology, no IU and no clinic: here a subject is a row.

Reading order: `program`, `lower`, `derivatives`, `tangents`, `elimination`, `methods`,
`emit`; then `records`, `events`, `schedule`, `rules`, `reductions`, `directions`,
`problem`, `status`, `resting`, `solve`, `account`, `backends`, `cache`; last
`trajectories` and `store`.
"""
