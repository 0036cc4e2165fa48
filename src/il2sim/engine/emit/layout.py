"""Where everything lies in the memory of one thread.

A section is a number of slots; a slot is one double for every lane. The control of a
lane reads and writes its own place in a slot. Where stages are single numbers, a slot
of their sections holds two of them, and what they read of other sections lies there
once more, rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from il2sim.engine.events import KINDS
from il2sim.engine.precision import DOUBLE, Precision

LANE_NUMBERS = (
    "t",
    "h",
    "h_try",
    "h_guess",
    "t_stop",
    "over_h",
    "error",
    "error_before",
    "longer",
    "shorter",
    "theta",
    "accepted",
    "first_dose",
    "changed",
    "cycle_start",
    "cycle_change",
)
"""What the control keeps for each lane, as numbers; truths are 0 or 1."""

LANE_COUNTS = (
    "subject",
    "sample",
    "event",
    "attempts",
    "rejected",
    "fresh",
    "last_kind",
    "hits",
    "boundary",
    "new",
    "rejected_last",
    "last_event",
    "cycle_event",
    "cycles",
    "warming",
    "renew",
    "late",
    "marks",
)
"""The same as whole numbers."""

ARGUMENTS = (
    "parameters",
    "starts",
    "bases",
    "n_bases",
    "n_subjects",
    "tail",
    "n_events",
    "schedules",
    "first_events",
    "event_times",
    "event_kinds",
    "event_targets",
    "event_basis",
    "event_amounts",
    "event_doses",
    "event_unless",
    "n_doses",
    "n_rules",
    "rule_outputs",
    "rule_relative",
    "rule_above",
    "rule_thresholds",
    "rule_actions",
    "rule_factors",
    "rule_targets",
    "rule_needs",
    "rule_unless",
    "rule_sets",
    "rule_clears",
    "n_checks",
    "decisions",
    "looked_at",
    "n_reductions",
    "reduction_kinds",
    "reduction_outputs",
    "reduction_starts",
    "reduction_ends",
    "reduction_thresholds",
    "reduction_relative",
    "reduction_since_dose",
    "reduced",
    "n_times",
    "sample_times",
    "sample_after",
    "end",
    "tolerance",
    "absolute",
    "most_steps",
    "n_saved",
    "saved",
    "outputs_wanted",
    "n_shown",
    "shown",
    "n_behind",
    "behind",
    "values",
    "resting",
    "status",
    "failed_time",
    "failed_state",
    "attempts",
    "rejected",
    "next",
    "finished",
    "stop",
    "n_directions",
    "seeds",
    "seeds_step",
    "solved_seeds",
    "solved_seeds_step",
    "start_seeds",
    "start_seeds_step",
    "amount_seeds",
    "time_seeds",
    "times_move",
    "tangents_judge",
    "direction_lengths",
    "tangents",
    "resting_tangents",
)
"""What a kernel is given: eight bytes each, a pointer, a whole number or a number."""


ROUNDED = ("y", "next_y", "p", "c")
"""Sections that stages read in their own precision."""

NODES = 4
"""Places in a step at which outputs are looked at for reductions."""

REDUCTION_SLOTS = 2
"""Numbers kept for each reduction of a lane: the result, and what it depends on."""


@dataclass(frozen=True)
class Layout:
    """Slots of a thread's memory.

    Behind them lie those whose number is known only when the kernel is called: a block
    for each direction of tangents, then, from the slot `tail` on, what each reduction
    keeps and the rate given by each dose. `precision` is that of the stages.
    """

    sections: Mapping[str, int]
    size: int
    precision: Precision = DOUBLE

    def __getitem__(self, name: str) -> int:
        return self.sections[name]


def tail_slots(*, reductions: int, doses: int) -> int:
    """Slots behind everything else: of reductions, then of rates given by doses."""
    return REDUCTION_SLOTS * reductions + doses


@dataclass(frozen=True)
class Sizes:
    """How long the vectors of one program are."""

    states: int
    parameters: int
    prepared: int
    factors: int
    outputs: int
    inlets: int
    kept: int
    dense: int
    shared: int
    arguments: int


def rounded(name: str) -> str:
    """The section that holds the numbers of another one as stages read them."""
    return f"{name}_rounded"


def lay_out(sizes: Sizes, precision: Precision = DOUBLE) -> Layout:
    """Give every section its first slot, for stages of some precision."""
    fit = DOUBLE.bits // precision.bits

    def of_stages(length: int) -> int:
        return max(1, -(-length // fit))

    lengths = {
        "y": sizes.states,
        "next_y": sizes.states,
        "stage": of_stages(sizes.states),
        "k": of_stages(sizes.states * sizes.kept),
        "shared": of_stages(sizes.shared * sizes.kept),
        "arguments": of_stages(sizes.arguments * sizes.states),
        "rates": of_stages(sizes.states),
        "dense": of_stages(sizes.states * sizes.dense),
        "between": sizes.states,
        "factors": of_stages(sizes.factors),
        "p": sizes.parameters,
        "c": max(1, sizes.prepared),
        "out": max(1, sizes.outputs),
        "out_at_rest": max(1, sizes.outputs),
        "nodes": NODES * max(1, sizes.outputs),
        "inputs": max(1, sizes.inlets),
        "dose_factors": max(1, sizes.inlets),
        "doses_held": max(1, sizes.inlets),
        "aside": sizes.states + sizes.inlets,
        "cycle_y": sizes.states,
        "learned": KINDS,
        **dict.fromkeys(LANE_NUMBERS, 1),
        **dict.fromkeys(LANE_COUNTS, 1),
    }
    if precision is DOUBLE:  # stages read what is there
        plain = in_a_row(lengths)
        same = {rounded(name): plain[name] for name in ROUNDED}
        return replace(plain, sections={**plain.sections, **same})
    copies = {rounded(name): of_stages(lengths[name]) for name in ROUNDED}
    return replace(in_a_row(lengths | copies), precision=precision)


def in_a_row(lengths: Mapping[str, int], before: Layout | None = None) -> Layout:
    """Sections one after the other, behind those of another layout if there is one."""
    sections = dict(before.sections) if before else {}
    size = before.size if before else 0
    for name, length in lengths.items():
        sections[name] = size
        size += length
    return Layout(sections, size)
