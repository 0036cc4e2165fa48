"""Who is treated with what, and what is recorded.

A regimen says what is given and when, a population who receives it, and `simulate`
joins both with a model and returns trajectories, from which endpoints are read. The
room does not know which model it gets.

Reading order: `vocabulary`, `course`, `regimen`, `prescription`; `subjects`,
`population`, `populations`, `posterior`; `dosing`, `simulate`, `workers`, `sweep`,
`endpoints`, `sensitivity`, `attribution`, `switching`; of cells in a dish `wells`,
`screening`, `plane`; of virtual populations `measures`, `plausibility`, `targets`,
`weighting`, `quality`, `people`, `virtual`, `matching`; of published trials `readings`,
`readouts`, `stand_in`, `card`, `validation`, `ensemble`, `claim`.

Protocols: `holds`, `protocol`, `clauses`; then `plan`, `translate`, `steering` and
`logbook`, which carry them out.

Trials: `trial_measure`, `allocation`, `trial`, `conduct`, `trial_readings`; `effects`,
`interim`, `escalation`, `variance`, `compared`, `findings`, `baseline`.
"""

from il2sim.study.course import Course, Dose
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen

__all__ = ["Course", "Dose", "Protocol", "Regimen"]
