"""New cells: from the thymus, from the marrow, and from naive to memory.

Export and division both raise a naive pool; only the TREC that emigrants bring, and
that divide among daughters, tells the two apart. So the emigrants not yet divided and
the TREC of a naive population are followed beside its number. Export fades with age.
"""

from __future__ import annotations

from il2sim.symbolic import (
    Component,
    exp,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class ThymicExport(Component):
    """Export of one naive population, with its recent emigrants and its TREC."""

    pool = supplied("cell", "cells of the population in the body")
    at_rest = supplied("cell", "the same at rest")
    division_rate = supplied("1/h", "divisions of a cell")
    loss_rate = supplied("1/h", "deaths and conversions of a cell")
    pstat5 = supplied("1", "pSTAT5 of its cells in tissue")

    export_at_rest = parameter(
        "1/d", "export a day, part of the resting pool", by="cell"
    )
    export_by_il2 = parameter("1", "gain of export at full pSTAT5", by="cell")
    age = parameter("yr", "age", by="subject")
    age_of_reference = parameter("yr", "age that the resting export holds for")
    age_of_fading = parameter("yr", "years in which export falls to 37 %")
    trec_of_emigrant = parameter("molecule/cell", "TREC that an emigrant brings")
    k_mature = parameter("1/d", "emigrants cease to be recent")

    emigrants = state(
        "cell",
        "recent thymic emigrants, not yet divided",
        start=export_at_rest * at_rest / k_mature,
    )
    trec = state("molecule", "TREC of the population", start=trec_of_emigrant * at_rest)

    export_rate = observed(
        "cell/h",
        "cells exported",
        export_at_rest
        * exp((age_of_reference - age) / age_of_fading)
        * (1 + export_by_il2 * pstat5)
        * at_rest,
    )
    trec_per_cell = observed("molecule/cell", "TREC for each cell", trec / pool)

    export = process(
        "-> pool + emigrants + trec",
        rate=export_rate,
        exchange={"trec": trec_of_emigrant},
    )
    mature = process(
        "emigrants ->", rate=(k_mature + division_rate + loss_rate) * emigrants
    )
    lose_trec = process("trec ->", rate=loss_rate * trec)


class MarrowExport(Component):
    """A constant supply of one population from the marrow."""

    pool = supplied("cell", "cells of the population in the body")
    at_rest = supplied("cell", "the same at rest")

    export_at_rest = parameter(
        "1/d", "export a day, part of the resting pool", by="cell"
    )

    export = process("-> pool", rate=export_at_rest * at_rest)


class Conversion(Component):
    """Cells of one population become cells of another."""

    source = supplied("cell", "cells that may convert")
    target = supplied("cell", "cells that they become")
    pstat5 = supplied("1", "pSTAT5 of the cells that may convert")

    conversion_at_rest = parameter("1/d", "conversion without added IL-2", by="cell")
    conversion_by_il2 = parameter("1", "gain of conversion at full pSTAT5", by="cell")

    rate_per_cell = observed(
        "1/h",
        "conversions of a cell",
        conversion_at_rest * (1 + conversion_by_il2 * pstat5),
    )

    convert = process("source -> target", rate=rate_per_cell * source)
