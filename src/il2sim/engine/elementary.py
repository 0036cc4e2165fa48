"""Elementary functions of arrays, with the same bits on every processor.

NumPy and the C library choose among several codes by the processor they find, and their
last bits differ. These are the functions that models are compiled with, as loops over
arrays, for whatever is computed once for each subject: draws and starting states.
Nothing here is faster than NumPy. Addition, multiplication, division and square root
are correctly rounded everywhere, so NumPy's own serve.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il2sim.engine import cache
from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.functions import RARE, emit_functions, emit_rare
from il2sim.engine.precision import DOUBLE, Precision

Floats = NDArray[np.float64]

ARGUMENTS = {"exp": ("x",), "log": ("x",), "pow": ("x", "y")}
ARGUMENTS |= dict.fromkeys(RARE, ("x",))
"""Every function and what it takes."""


def exp(x: ArrayLike) -> Floats:
    """e to the power x; zero where that is below the smallest normal number.

    Examples
    --------
    >>> exp([0.0, 1.0]).tolist()
    [1.0, 2.718281828459045]
    """
    return _call("exp", x)


def expm1(x: ArrayLike) -> Floats:
    """e to the power x, less one; exact near zero."""
    return _call("expm1", x)


def log(x: ArrayLike) -> Floats:
    """Natural logarithm; not-a-number below zero."""
    return _call("log", x)


def log1p(x: ArrayLike) -> Floats:
    """Natural logarithm of one and x; exact near zero."""
    return _call("log1p", x)


def power(base: ArrayLike, exponent: ArrayLike) -> Floats:
    """Power of an amount: a base of zero or less gives zero.

    Examples
    --------
    >>> power([2.0, -1.0], 10.0).tolist()
    [1024.0, 0.0]
    """
    return _call("pow", base, exponent)


def tanh(x: ArrayLike) -> Floats:
    """Hyperbolic tangent."""
    return _call("tanh", x)


def _call(name: str, *given: ArrayLike) -> Floats:
    """Carry a function out, a vector of the processor at a time."""
    arrays = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in given))
    shape, size, lanes = arrays[0].shape, arrays[0].size, machine.host().lanes
    rows = -(-size // lanes)
    memory = np.ones((len(arrays) + 1, rows * lanes))
    for row, array in zip(memory, arrays, strict=False):
        row[:size] = array.ravel()
    pointers = [ctypes.c_void_p] * len(memory)
    function = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(
        _compiled(lanes).address(f"all_{name}")
    )
    function(*(row.ctypes.data for row in memory), rows)
    found = memory[-1, :size]
    found[np.isnan(found)] = np.nan  # one of many, always the same
    return found.reshape(shape)


@lru_cache(maxsize=4)
def _compiled(lanes: int) -> machine.Loaded:
    """The functions as loops over vectors, compiled or from the disk."""
    text = write_loops(lanes)
    key = cache.key("elementary", str(lanes), *machine.host().key)
    code = cache.read(key)
    if code is None:
        code = machine.assemble(text)
        cache.write(key, code)
    return machine.load(code)


def write_loops(lanes: int, precision: Precision = DOUBLE) -> str:
    """Write a module with each function as a loop, ``@all_exp(x, out, n)``.

    Parameters
    ----------
    lanes
        How many numbers a vector holds; ``n`` counts vectors.
    precision
        Of the numbers.
    """
    module = Module(lanes, precision)
    emit_functions(module)
    emit_rare(module, RARE)
    for name, arguments in ARGUMENTS.items():
        f = Function(module, f"all_{name}", (*arguments, "out", ("i64", "n")))
        with f.count("%n") as i:
            given = (f.load(f"%{one}", i) for one in arguments)
            f.store(f.call(name, *given), "%out", i)
        f.close()
    return module.text()
