"""Cells that were given: adoptive transfer, followed among the patient's own.

Given cells enter the pool of their population and are like the others there: IL-2,
death and conversion make no difference, so how many of a pool were given is followed
beside it by the same rates for each cell. They bring no TREC: cells expanded in culture
have diluted it. They enter blood as the pool does, by recirculation within hours.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, process, state, supplied


class GivenCells(Component):
    """Cells of one population that were given, and their daughters."""

    pool = supplied("cell", "cells of the population in the body")
    division_rate = supplied("1/h", "divisions of a cell")
    death_rate = supplied("1/h", "deaths of a cell")

    cells = state("cell", "given cells and their daughters in the body")

    share = observed("1", "part of the population", cells / pool)

    divide = process("-> cells", rate=division_rate * cells)
    die = process("cells ->", rate=death_rate * cells)


class GivenConversion(Component):
    """Given cells become another population at the rate of all."""

    source = supplied("cell", "given cells that may convert")
    target = supplied("cell", "given cells that they become")
    rate_per_cell = supplied("1/h", "conversions of a cell")

    convert = process("source -> target", rate=rate_per_cell * source)
