"""What limits the dose: leaking capillaries, falling pressure and urine, confusion.

Engaged NK cells that face plasma raise mediators within hours and open capillaries
within a day. What follows is written for what the ward measures and what a protocol
holds doses for; treatment of the toxicity (fluids, pressors) is not in the model. At
rest nothing is engaged, so nothing leaks. The grades are surrogates: smooth, from 0 to
4, so that a rule can compare them with a threshold.
"""

from __future__ import annotations

from il2sim.symbolic import (
    Component,
    Expression,
    exp,
    hill,
    observed,
    parameter,
    process,
    state,
    supplied,
)


def _grade(burden: Expression, at_two: Expression) -> Expression:
    """From 0 to 4, and 2 where the burden is `at_two`."""
    ratio = burden / at_two
    return 4 * ratio * ratio / (1 + ratio * ratio)


class Alarm(Component):
    """Mediators of engaged NK cells, and the capillaries that they open."""

    engaged = supplied("molecule/cell", "signaling receptors of NK that face plasma")

    mediators = state("1", "mediators, part of the most")
    opening = state("1", "opening of the capillaries, part of the most")

    half_engaged = parameter(
        "molecule/cell", "signaling receptors that give half of the mediators"
    )
    steepness = parameter("1", "Hill exponent of mediators in signaling receptors")
    k_mediate = parameter("1/h", "mediators come and go")
    k_open = parameter("1/h", "capillaries open and close")

    raise_mediators = process(
        "-> mediators", rate=k_mediate * hill(engaged, half_engaged, steepness)
    )
    clear_mediators = process("mediators ->", rate=k_mediate * mediators)
    open_capillaries = process("-> opening", rate=k_open * mediators)
    close_capillaries = process("opening ->", rate=k_open * opening)


class CapillaryLeak(Component):
    """Albumin and fluid leave the vessels; lymph and kidney bring them back slowly."""

    opening = supplied("1", "opening of the capillaries, part of the most")

    albumin_at_rest = parameter("g/dL", "albumin in plasma without IL-2")
    k_catabolize = parameter("1/d", "albumin is degraded")
    k_escape = parameter("1/d", "albumin leaves plasma at rest")
    k_return = parameter("1/d", "albumin returns with the lymph")
    leak_of_albumin = parameter("1", "gain of the escape through open capillaries")
    weight = parameter("kg", "body weight", by="subject")
    leak_of_fluid = parameter("1/d", "fluid lost at most, part of the weight")
    k_mobilize = parameter("1/d", "fluid returns and is excreted")
    grade_two_fluid = parameter("1", "fluid at grade 2, part of the weight")

    albumin = state("g/dL", "albumin in plasma", start=albumin_at_rest, held=True)
    outside = state(
        "g/dL",
        "albumin outside vessels, by plasma volume",
        start=albumin_at_rest * k_escape / k_return,
    )
    fluid = state("kg", "fluid outside vessels over rest")
    synthesis = parameter("g/(dL*h)", "albumin is made", balances=albumin)

    grade = observed(
        "1", "leak, 0 to 4 (surrogate)", _grade(fluid / weight, grade_two_fluid)
    )

    make = process("-> albumin", rate=synthesis)
    degrade = process("albumin ->", rate=k_catabolize * albumin)
    escape = process(
        "albumin -> outside", rate=k_escape * (1 + leak_of_albumin * opening) * albumin
    )
    drain = process("outside -> albumin", rate=k_return * outside)
    leak = process("-> fluid", rate=leak_of_fluid * opening * weight)
    mobilize = process("fluid ->", rate=k_mobilize * fluid)


class Hemodynamics(Component):
    """Systolic pressure falls with mediators and leak, and filtration with pressure."""

    mediators = supplied("1", "mediators, part of the most")
    opening = supplied("1", "opening of the capillaries, part of the most")

    systolic_at_rest = parameter("mmHg", "systolic pressure without IL-2")
    fall_by_mediators = parameter("1", "log fall of pressure at most mediators")
    fall_by_leak = parameter("1", "log fall of pressure at most opening")
    filtration_loss = parameter("1", "log fall of filtration for one of pressure")
    urine_loss = parameter("1", "log fall of urine for one of pressure")
    urine_at_rest = parameter("mL/(kg*h)", "urine without IL-2")
    creatinine_at_rest = parameter("mg/dL", "creatinine in serum without IL-2")
    k_filter = parameter("1/h", "creatinine is filtered out, at rest")
    grade_two_fall = parameter("1", "log fall of systolic pressure at grade 2")
    grade_two_urine = parameter("1", "log fall of urine at grade 2")

    creatinine = state(
        "mg/dL", "creatinine in serum", start=creatinine_at_rest, held=True
    )
    production = parameter("mg/(dL*h)", "creatinine is made", balances=creatinine)

    log_fall = observed(
        "1",
        "log fall of systolic pressure",
        fall_by_mediators * mediators + fall_by_leak * opening,
    )
    systolic = observed("mmHg", "systolic pressure", systolic_at_rest * exp(-log_fall))
    urine = observed(
        "mL/(kg*h)", "urine", urine_at_rest * exp(-(urine_loss * log_fall))
    )
    hypotension_grade = observed(
        "1", "hypotension, 0 to 4 (surrogate)", _grade(log_fall, grade_two_fall)
    )
    oliguria_grade = observed(
        "1",
        "oliguria, 0 to 4 (surrogate)",
        _grade(urine_loss * log_fall, grade_two_urine),
    )

    make_creatinine = process("-> creatinine", rate=production)
    filter_out = process(
        "creatinine ->",
        rate=k_filter * exp(-(filtration_loss * log_fall)) * creatinine,
    )


class Neurotoxicity(Component):
    """Confusion: it comes days after the leak, and outlasts it."""

    opening = supplied("1", "opening of the capillaries, part of the most")

    burden = state("1", "what weighs on the brain, part of the most")

    k_burden = parameter("1/d", "burden comes and goes")
    grade_two_burden = parameter("1", "burden at grade 2")

    grade = observed(
        "1", "neurotoxicity, 0 to 4 (surrogate)", _grade(burden, grade_two_burden)
    )

    load = process("-> burden", rate=k_burden * opening)
    unload = process("burden ->", rate=k_burden * burden)
