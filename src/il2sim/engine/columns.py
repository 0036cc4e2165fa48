"""Tables of one row a subject, as Parquet: columns by name, and what is said once.

For tables that are no trajectories: a population that was built, the rows of a fit. A
file is written beside its place and moved there whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnreadableFile

KEY = b"il2sim"
"""Entry of the file's metadata that holds what is said once, as JSON."""


def write_columns(
    columns: Mapping[str, NDArray[Any]], path: Path, about: Mapping[str, Any]
) -> Path:
    """Write columns of one length into a Parquet file.

    Parameters
    ----------
    columns
        By name, shape ``(n_rows,)`` each.
    path
        The file; one of that name is replaced, its folder is made.
    about
        Plain values that JSON can hold, kept in the metadata of the file.
    """
    import pyarrow
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.table({name: pyarrow.array(one) for name, one in columns.items()})
    told = json.dumps(dict(about), sort_keys=True).encode()
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        parquet.write_table(
            table.replace_schema_metadata({KEY: told}), beside, compression="zstd"
        )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def read_columns(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read columns by name, and what is said once (empty in other people's files).

    Raises
    ------
    UnreadableFile
        The file is missing, cut off, or is not Parquet.
    """
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
        told = (table.schema.metadata or {}).get(KEY, b"{}")
        about = json.loads(told)
    except (OSError, ArrowException, ValueError) as error:
        raise UnreadableFile(
            f"the table '{path.name}' cannot be read.",
            got=f"{type(error).__name__}: {str(error).splitlines()[0]}",
            expected="a whole Parquet file",
        ) from error
    columns = {name: np.asarray(table[name].to_numpy()) for name in table.column_names}
    return columns, dict(about)
