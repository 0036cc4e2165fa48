"""Receptor chains that meet their ligand one after the other.

Each ligand binds its private chain or the shared one from solution, and then gathers
the others on the membrane. All three-chain complexes of the family of Farhat 2021 are
states, so that gamma-c can run short and several cytokines can share it. The same
components stand for the surface and for the endosome, where ligand lets go faster.
Every cycle is closed by construction: of the constants that meet in one complex, one
follows from the others.
"""

from __future__ import annotations

from il2sim.models.constants import AVOGADRO
from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class ThreeChains(Component):
    """A ligand with its private alpha chain, CD122 and gamma-c, in one place."""

    fluid = supplied("nmol", "ligand in the fluid of that place")
    free = supplied("nM", "free ligand there")
    cells = supplied("cell", "cells of the type")
    alpha = supplied("molecule/cell", "alpha chain without ligand")
    beta = supplied("molecule/cell", "CD122 without ligand")
    gamma = supplied("molecule/cell", "gamma-c without ligand")
    crowding = supplied("1", "how much denser chains are than on the surface")
    loosening = supplied("1", "how much faster ligand lets go than at the surface")

    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the alpha chain", by="ligand")
    kd_beta = parameter("nM", "affinity for CD122 alone", by="ligand")
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the membrane", by="membrane"
    )
    k_drop_gamma_from_alpha = parameter(
        "1/min", "gamma-c leaves ligand with alpha", by="ligand"
    )
    k_drop_gamma_from_beta = parameter(
        "1/min", "gamma-c leaves ligand with CD122", by="ligand"
    )
    k_drop_gamma = parameter("1/min", "gamma-c leaves all three", by="ligand")
    k_drop_beta = parameter("1/min", "CD122 leaves ligand with alpha", by="ligand")

    on_alpha = state("molecule/cell", "ligand on alpha")
    on_beta = state("molecule/cell", "ligand on CD122")
    on_alpha_beta = state("molecule/cell", "ligand on alpha and CD122")
    on_alpha_gamma = state("molecule/cell", "ligand on alpha and gamma-c")
    on_beta_gamma = state("molecule/cell", "ligand on CD122 and gamma-c")
    on_all = state("molecule/cell", "ligand on all three chains")

    engaged = observed("molecule/cell", "signaling complexes", on_beta_gamma + on_all)
    meet = observed(
        "cell/(molecule*min)", "two chains meet in this place", k_assemble * crowding
    )
    # Detailed balance: around each square of complexes both ways have one constant.
    k_drop_alpha_from_beta = observed(
        "1/min", "alpha leaves ligand with CD122", k_drop_beta * kd_alpha / kd_beta
    )
    k_drop_alpha = observed(
        "1/min",
        "alpha leaves all three",
        k_drop_gamma * k_drop_alpha_from_beta / k_drop_gamma_from_beta,
    )
    k_drop_beta_from_all = observed(
        "1/min",
        "CD122 leaves all three",
        k_drop_gamma * k_drop_beta / k_drop_gamma_from_alpha,
    )

    catch_by_alpha = process(
        "fluid + alpha -> on_alpha",
        rate=kon * free * alpha,
        exchange={"fluid": cells / AVOGADRO},
    )
    release_by_alpha = process(
        "on_alpha -> fluid + alpha",
        rate=kon * kd_alpha * loosening * on_alpha,
        exchange={"fluid": cells / AVOGADRO},
    )
    catch_by_beta = process(
        "fluid + beta -> on_beta",
        rate=kon * free * beta,
        exchange={"fluid": cells / AVOGADRO},
    )
    release_by_beta = process(
        "on_beta -> fluid + beta",
        rate=kon * kd_beta * loosening * on_beta,
        exchange={"fluid": cells / AVOGADRO},
    )
    alpha_gets_beta = process(
        "on_alpha + beta -> on_alpha_beta", rate=meet * on_alpha * beta
    )
    alpha_drops_beta = process(
        "on_alpha_beta -> on_alpha + beta",
        rate=k_drop_beta * loosening * on_alpha_beta,
    )
    beta_gets_alpha = process(
        "on_beta + alpha -> on_alpha_beta", rate=meet * on_beta * alpha
    )
    beta_drops_alpha = process(
        "on_alpha_beta -> on_beta + alpha",
        rate=k_drop_alpha_from_beta * loosening * on_alpha_beta,
    )
    alpha_gets_gamma = process(
        "on_alpha + gamma -> on_alpha_gamma", rate=meet * on_alpha * gamma
    )
    alpha_drops_gamma = process(
        "on_alpha_gamma -> on_alpha + gamma",
        rate=k_drop_gamma_from_alpha * loosening * on_alpha_gamma,
    )
    beta_gets_gamma = process(
        "on_beta + gamma -> on_beta_gamma", rate=meet * on_beta * gamma
    )
    beta_drops_gamma = process(
        "on_beta_gamma -> on_beta + gamma",
        rate=k_drop_gamma_from_beta * loosening * on_beta_gamma,
    )
    gamma_completes = process(
        "on_alpha_beta + gamma -> on_all", rate=meet * on_alpha_beta * gamma
    )
    gamma_leaves = process(
        "on_all -> on_alpha_beta + gamma", rate=k_drop_gamma * loosening * on_all
    )
    beta_completes = process(
        "on_alpha_gamma + beta -> on_all", rate=meet * on_alpha_gamma * beta
    )
    beta_leaves = process(
        "on_all -> on_alpha_gamma + beta",
        rate=k_drop_beta_from_all * loosening * on_all,
    )
    alpha_completes = process(
        "on_beta_gamma + alpha -> on_all", rate=meet * on_beta_gamma * alpha
    )
    alpha_leaves = process(
        "on_all -> on_beta_gamma + alpha", rate=k_drop_alpha * loosening * on_all
    )


class TwoChains(Component):
    """A ligand with its private chain and gamma-c (IL-4, IL-7), in one place."""

    fluid = supplied("nmol", "ligand in the fluid of that place")
    free = supplied("nM", "free ligand there")
    cells = supplied("cell", "cells of the type")
    alpha = supplied("molecule/cell", "private chain without ligand")
    gamma = supplied("molecule/cell", "gamma-c without ligand")
    crowding = supplied("1", "how much denser chains are than on the surface")
    loosening = supplied("1", "how much faster ligand lets go than at the surface")

    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the private chain", by="ligand")
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the membrane", by="membrane"
    )
    k_drop_gamma = parameter("1/min", "gamma-c leaves the complex", by="ligand")

    on_alpha = state("molecule/cell", "ligand on its private chain")
    on_all = state("molecule/cell", "ligand on both chains")

    engaged = observed("molecule/cell", "signaling complexes", on_all * 1)

    catch = process(
        "fluid + alpha -> on_alpha",
        rate=kon * free * alpha,
        exchange={"fluid": cells / AVOGADRO},
    )
    release = process(
        "on_alpha -> fluid + alpha",
        rate=kon * kd_alpha * loosening * on_alpha,
        exchange={"fluid": cells / AVOGADRO},
    )
    gamma_completes = process(
        "on_alpha + gamma -> on_all", rate=k_assemble * crowding * on_alpha * gamma
    )
    gamma_leaves = process(
        "on_all -> on_alpha + gamma", rate=k_drop_gamma * loosening * on_all
    )
