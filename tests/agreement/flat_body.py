"""The body's model with a tumor, written flat by hand: one loop over populations.

It is the twin of what `il2sim.models` joins from components, for tests only. It reads
the same values by name, in the engine's units, and shares nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

N_A = 6.02214076e14  # molecules in a nmol
CELLS = (
    "naive Treg",
    "memory Treg",
    "naive CD4 Tconv",
    "memory CD4 Tconv",
    "naive CD8",
    "memory CD8",
    "NK dim",
    "NK bright",
)
TREG = CELLS[:2]
BECOMES = {
    "naive Treg": "memory Treg",
    "naive CD4 Tconv": "memory CD4 Tconv",
    "naive CD8": "memory CD8",
    "NK bright": "NK dim",
}
THYMIC = ("naive Treg", "naive CD4 Tconv", "naive CD8")
LEAK = (
    *("k_escape", "k_return", "k_catabolize", "leak_of_albumin"),
    *("leak_of_fluid", "k_mobilize"),
)

Values = Mapping[str, float]


def flat_rates(y: Values, p: Values) -> dict[str, float]:
    """Change per hour of every state, from states and parameters by name."""
    d = dict.fromkeys(y, 0.0)
    scale = p["subject.weight"] / p["body_size.reference_weight"]
    blood = p["body_size.blood_at_reference"] * scale
    rest = {c: p[f"{c}.baseline"] * blood * p[f"{c}.body_multiple"] for c in CELLS}
    free = _fluids(d, y, p, scale)
    _injection_site(d, y, p)
    withdrawal = _margination(d, y, p, free["facing"])
    signal = {
        (c, place): _receptors(d, y, p, c, place, free[place])
        for c in CELLS
        for place in ("facing", "tissue")
    }
    treg = sum(y[f"{c}.pool"] for c in TREG) / sum(rest[c] for c in TREG)
    il7 = _il7(y, p, blood)
    for c in CELLS:
        _population(d, y, p, c, rest[c], (treg, il7), withdrawal, signal)
    _icos(d, y, p, signal)
    leave = p["bystanders.recirculation"] * (1 + withdrawal["T cells"])
    d["B cells.blood"] += p["B cells.inflow"] * p["B cells.baseline"]
    d["B cells.blood"] -= leave * y["B cells.blood"]
    d["NK bright.pool"] += p["NK bright.export_at_rest"] * rest["NK bright"]
    _eosinophils(d, y, p)
    _toxicity(d, y, p)
    _tumor(d, y, p, signal)
    return d


def _fluids(d: dict[str, float], y: Values, p: Values, scale: float) -> Values:
    """Exchange and loss of IL-2 and soluble CD25; free IL-2 by place."""
    flow = scale ** p["body_size.flow_exponent"]
    volume = p["circulation.plasma_volume"] * scale
    sites = y["circulation.soluble_cd25"] / volume
    total = y["circulation.plasma"] / volume
    bound = bound_il2(total, sites, p["il2.kd_alpha"])
    free = {
        "facing": total - bound,
        "tissue": y["circulation.tissue"] / (p["circulation.tissue_volume"] * scale),
    }
    swap = p["circulation.exchange_flow"] * flow * (free["facing"] - free["tissue"])
    renal = p["circulation.renal_clearance"] * flow * free["facing"]
    k_soluble = p["circulation.k_lose_soluble"]
    d["circulation.plasma"] -= swap + renal + k_soluble * bound * volume
    d["circulation.tissue"] += swap
    d["circulation.soluble_cd25"] -= k_soluble * y["circulation.soluble_cd25"]
    return free


def _injection_site(d: dict[str, float], y: Values, p: Values) -> None:
    depot, transit = y["site.depot"], y["site.transit"]
    saturated = 1 + depot / p["injection_site.half_saturation"]
    absorbed = p["injection_site.k_absorb"] * depot / saturated
    arrived = p["injection_site.k_transit"] * transit
    lymph = p["injection_site.lymph_share"]
    d["site.depot"] -= absorbed + p["injection_site.k_destroy"] * depot
    d["site.transit"] += absorbed - arrived
    d["circulation.plasma"] += (1 - lymph) * arrived
    d["circulation.tissue"] += lymph * arrived


def _margination(d: dict[str, float], y: Values, p: Values, il2: float) -> Values:
    withdrawal = {}
    for group in ("T cells", "NK cells"):
        state = f"{group} margination.readiness"
        effect = il2**2 / (p[f"{group}.half_withdrawal"] ** 2 + il2**2)
        withdrawal[group] = p[f"{group}.most_withdrawal"] * effect * y[state]
        d[state] += p["margination.k_recover"] * (1 - y[state])
        tired = il2 / (p["margination.half_tiring"] + il2)
        d[state] -= p["margination.k_tire"] * tired * y[state]
    return withdrawal


def _population(
    d: dict[str, float],
    y: Values,
    p: Values,
    c: str,
    rest: float,
    crowd: tuple[float, float],
    withdrawal: Values,
    signal: Mapping[tuple[str, str], float],
) -> None:
    """Change the number of one population, and what it secretes, exports, becomes."""
    pool, share = y[f"{c}.pool"], p[f"{c}.facing_share"]
    mean = share * signal[c, "facing"] + (1 - share) * signal[c, "tissue"]
    s, (treg, il7) = p[f"{c}.suppression"], crowd
    restraint = (1 + s) / (1 + s * treg)
    driven = p["lymphocytes.division_by_il7"] * p[f"{c}.il7ra_at_rest"] * (il7 - 1)
    division = p[f"{c}.division_at_rest"] * (1 + driven)
    division += p[f"{c}.division_by_il2"] * mean * restraint
    death = p[f"{c}.death"] * (pool / rest) ** p[f"{c}.crowding"]
    death /= 1 + p[f"{c}.survival"] * _kept(d, y, p, c, mean)
    d[f"{c}.pool"] += (division - death) * pool
    group = "NK cells" if c.startswith("NK") else "T cells"
    leave = p["lymphocytes.recirculation"] * (1 + withdrawal[group])
    d[f"{c}.blood"] += p[f"{c}.inflow"] * p[f"{c}.baseline"] * pool / rest
    d[f"{c}.blood"] -= leave * y[f"{c}.blood"]
    if c == "memory CD4 Tconv":
        made = p["secretion.secretion"] * p[f"{c}.activated_share"] * pool
        d["circulation.tissue"] += made * restraint / N_A
    if c in BECOMES:
        rate = p[f"{c}.conversion_at_rest"] * (1 + p[f"{c}.conversion_by_il2"] * mean)
        d[f"{c}.pool"] -= rate * pool
        d[f"{BECOMES[c]}.pool"] += rate * pool
    if c in THYMIC:
        made = p[f"{c}.export_at_rest"] * rest
        made *= 1 + p[f"{c}.export_by_il2"] * signal[c, "tissue"]
        years = p["subject.age"] - p["thymic_export.age_of_reference"]
        made /= np.exp(years / p["thymic_export.age_of_fading"])
        recent, trec, lost = f"{c} export.emigrants", f"{c} export.trec", death + rate
        gone = p["thymic_export.k_mature"] + division + lost
        d[f"{c}.pool"] += made
        d[recent] += made - gone * y[recent]
        d[trec] += made * p["thymic_export.trec_of_emigrant"] - lost * y[trec]


def _il7(y: Values, p: Values, blood: float) -> float:
    """IL-7 over that of normal counts: what is made over what is cleared."""
    receptors = sum(p[f"{c}.il7ra_at_rest"] * y[f"{c}.pool"] for c in CELLS)
    share = p["interleukin7.uptake_share"]
    of_normal = receptors / blood / p["interleukin7.normal_receptors"]
    return 1 / ((1 - share) + share * of_normal)


def _icos(
    d: dict[str, float],
    y: Values,
    p: Values,
    signal: Mapping[tuple[str, str], float],
) -> None:
    c, state = "memory Treg", "memory Treg activation.share"
    part = p[f"{c}.facing_share"]
    mean = part * signal[c, "facing"] + (1 - part) * signal[c, "tissue"]
    odds = p[f"{c}.icos_at_rest"] / (1 - p[f"{c}.icos_at_rest"])
    gained = odds * (1 + p[f"{c}.icos_induction"] * mean) * (1 - y[state])
    d[state] += p["activation.k_lose_icos"] * (gained - y[state])


def _kept(d: dict[str, float], y: Values, p: Values, c: str, mean: float) -> float:
    """Change the share of cells that IL-2 keeps alive; return it."""
    if "CD4" not in c:
        return mean
    kept, half = y[f"{c} survivors.kept"], p["survivors.half_pstat5"]
    strong = p["survivors.k_keep"] * mean**2 / (half**2 + mean**2)
    d[f"{c} survivors.kept"] += strong * (1 - kept) - p["survivors.k_forget"] * kept
    return kept


def _eosinophils(d: dict[str, float], y: Values, p: Values) -> None:
    at, drive = "NK bright tissue receptors", y["eosinophils.drive"]
    ratio = (y[f"{at}.dimer"] + y[f"{at}.trimer"]) / p["eosinophils.half_engaged"]
    power = ratio ** p["eosinophils.steepness"]
    d["eosinophils.drive"] += p["eosinophils.k_drive"] * (power / (1 + power) - drive)
    made = p["eosinophils.release"] * p["eosinophils.baseline"]
    d["eosinophils.blood"] += made * (1 + p["eosinophils.most_gain"] * drive)
    d["eosinophils.blood"] -= p["eosinophils.k_leave"] * y["eosinophils.blood"]


def bound_il2(total: float, sites: float, kd: float) -> float:
    """IL-2 held by soluble CD25, by bisection of its mass balance."""
    low, high = 0.0, min(total, sites)
    for _ in range(200):
        bound = (low + high) / 2
        if (total - bound) * (sites - bound) > kd * bound:
            low = bound
        else:
            high = bound
    return (low + high) / 2


def _receptors(
    d: dict[str, float], y: Values, p: Values, c: str, place: str, il2: float
) -> float:
    """Change the receptors of one population in one place; return its pSTAT5."""
    share, fluid = p[f"{c}.facing_share"], "circulation.plasma"
    if place == "tissue":
        share, fluid = 1 - share, "circulation.tissue"
    cells = share * y[f"{c}.pool"]
    at = f"{c} {place} receptors"
    cd25, cd122 = y[f"{at}.cd25"], y[f"{at}.cd122"]
    dimer, trimer = y[f"{at}.dimer"], y[f"{at}.trimer"]
    kd_a, kd_bg = p["il2.kd_alpha"], p["il2.kd_beta_gamma"]
    assemble = p["binding.k_assemble"]
    meet = p["binding.meeting"] * p["il2.kon_beta_gamma"]
    caught = meet * (il2 * cd122 - kd_bg * dimer)
    loaded = cd25 * il2 / (kd_a + il2)
    handed = assemble * loaded * cd122 - p["il2.koff_trimer"] * trimer
    recruited = assemble * (cd25 - loaded) * dimer
    recruited -= p["il2.koff_trimer"] * kd_a / kd_bg * trimer
    inside = p["trafficking.k_internalize"]
    back = p["trafficking.cd25_returned"]
    engaged = (dimer + trimer) / p[f"{c}.half_engaged"]
    power = engaged ** p["signaling.steepness"]
    pstat5 = power / (1 + power)
    shed, lose = p["trafficking.k_shed"], p["trafficking.k_lose_cd25"]
    rest25, rest122 = p[f"{c}.cd25_at_rest"], p[f"{c}.cd122_at_rest"]
    more = 1 + p[f"{c}.cd25_induction"] * pstat5
    d[f"{at}.cd25"] += (lose + shed) * (rest25 * more - cd25)
    d[f"{at}.cd25"] += back * inside * trimer - handed - recruited
    d[f"{at}.cd122"] += p["trafficking.k_lose_cd122"] * (rest122 - cd122)
    d[f"{at}.cd122"] -= caught + handed
    d[f"{at}.dimer"] += caught - recruited - inside * dimer
    d[f"{at}.trimer"] += handed + recruited - inside * trimer
    d[fluid] -= (caught + handed) * cells / N_A
    d["circulation.soluble_cd25"] += shed * cd25 * cells / N_A
    return pstat5


def _toxicity(d: dict[str, float], y: Values, p: Values) -> None:
    at = "NK dim facing receptors"
    ratio = (y[f"{at}.dimer"] + y[f"{at}.trimer"]) / p["alarm.half_engaged"]
    power = ratio ** p["alarm.steepness"]
    mediators, opening = y["alarm.mediators"], y["alarm.opening"]
    alarmed = power / (1 + power)
    d["alarm.mediators"] += p["alarm.k_mediate"] * (alarmed - mediators)
    d["alarm.opening"] += p["alarm.k_open"] * (mediators - opening)
    leak = {name: p[f"capillary_leak.{name}"] for name in LEAK}
    out = leak["k_escape"] * (1 + leak["leak_of_albumin"] * opening) * y["leak.albumin"]
    out -= leak["k_return"] * y["leak.outside"]
    d["leak.albumin"] += p["leak.synthesis"] - out
    d["leak.albumin"] -= leak["k_catabolize"] * y["leak.albumin"]
    d["leak.outside"] += out
    d["leak.fluid"] += leak["leak_of_fluid"] * opening * p["subject.weight"]
    d["leak.fluid"] -= leak["k_mobilize"] * y["leak.fluid"]
    fall = p["hemodynamics.fall_by_mediators"] * mediators
    fall += p["hemodynamics.fall_by_leak"] * opening
    filtered = p["hemodynamics.k_filter"] * y["hemodynamics.creatinine"]
    filtered /= np.exp(p["hemodynamics.filtration_loss"] * fall)
    d["hemodynamics.creatinine"] += p["hemodynamics.production"] - filtered
    burden = y["neurotoxicity.burden"]
    d["neurotoxicity.burden"] += p["neurotoxicity.k_burden"] * (opening - burden)


def _tumor(
    d: dict[str, float], y: Values, p: Values, signal: Mapping[tuple[str, str], float]
) -> None:
    size, cd8, treg = y["tumor.size"], y["tumor.cd8"], y["tumor.treg"]
    strength = p["tumor.protection"]
    shield = (1 + strength) / (1 + strength * treg / p["tumor.treg_at_rest"])
    d["tumor.size"] += (p["tumor.growth"] - p["tumor.killing"] * cd8 * shield) * size
    d["tumor.cd8"] += p["tumor.cd8_entry"] * y["memory CD8.blood"]
    active = signal["memory CD8", "tissue"]
    d["tumor.cd8"] += p["tumor.cd8_division"] * active * shield * cd8
    d["tumor.cd8"] -= p["tumor.k_leave"] * cd8
    d["tumor.treg"] += p["tumor.treg_entry"] * y["memory Treg.blood"]
    active = signal["memory Treg", "tissue"]
    d["tumor.treg"] += p["tumor.treg_division"] * active * treg
    d["tumor.treg"] -= p["tumor.k_leave"] * treg


def as_dict(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    """Numbers by name."""
    return dict(zip(names, map(float, values), strict=True))
