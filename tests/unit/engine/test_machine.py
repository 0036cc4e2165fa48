"""Targets: what they lack, what tells them apart, and that our functions stay ours."""

from __future__ import annotations

import ctypes
from dataclasses import replace

import pytest

from il2sim.engine import cache
from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.machine import Target

LACKING = {
    Target("nvptx64-nvidia-cuda", "sm_90"): set(),
    Target("aarch64-unknown-linux-gnu"): set(),
    Target("arm64-apple-macosx", "apple-m1"): set(),
    Target("x86_64-unknown-linux-gnu", "x86-64-v3"): set(),
    Target("x86_64-pc-windows-msvc", "x86-64-v3"): set(),
    Target("x86_64-unknown-linux-gnu", "x86-64-v2"): {"fma"},
    Target("x86_64-unknown-linux-gnu", "x86-64-v3", "-fma"): {"fma"},
    Target("x86_64-unknown-linux-gnu", "x86-64"): {"fma", "rint"},
    Target("wasm32-unknown-unknown"): {"fma"},
}
"""By their handbooks: fused multiplication came to x86 with v3, rounding with v2."""


@pytest.mark.parametrize("target", LACKING, ids=lambda one: f"{one.triple} {one.cpu}")
def test_what_a_processor_lacks_is_found(target):
    """LLVM is asked, and says what the handbooks say."""
    assert target.lacks == LACKING[target]
    assert target.has_fma == ("fma" not in LACKING[target])


@pytest.mark.parametrize(
    ("features", "lanes"),
    [("", 2), ("+sse4.2,-avx", 2), ("+avx,+avx2", 4), ("+avx,+avx512f", 8)],
)
def test_lanes_fill_a_vector(features, lanes):
    """Vectors of 128, 256 and 512 bits hold two, four and eight doubles."""
    assert Target("x86_64-unknown-linux-gnu", "", features).lanes == lanes


def test_what_has_no_vectors_takes_one_subject():
    """Plain WebAssembly, and each thread of a GPU."""
    assert Target("wasm32-unknown-unknown").lanes == 1
    assert Target("nvptx64-nvidia-cuda", "sm_90").lanes == 1
    assert Target("aarch64-unknown-linux-gnu").lanes == 2


def test_the_key_of_the_cache_holds_the_whole_target():
    """Another system, processor or feature is another key; so is another compiler."""
    here = machine.host()
    others = [
        replace(here, triple="aarch64-unknown-linux-gnu"),
        replace(here, cpu="x86-64-v2"),
        replace(here, features="-fma"),
    ]
    keys = {cache.key("program", *one.key) for one in (here, *others)}
    assert len(keys) == 4
    assert machine.compiler() in here.key


def address_of(function: Function, result: str) -> machine.Loaded:
    """Close the only other function of a module, and compile it for this processor."""
    function.close(result)
    return machine.load(machine.assemble(function.module.text()))


@pytest.mark.parametrize("name", ["exp", "log", "sin", "fabs", "cbrt"])
def test_a_function_named_as_in_a_library_is_ours(name):
    """LLVM knows what the exponential of one is; it must ask our function instead."""
    module = Module(1)
    ours = Function(module, name, (("double", "x"),), returns="double")
    ours.close(ours.binary("fadd", "%x", ours.const(41.0)))
    f = Function(module, "answer", (), returns="double")
    loaded = address_of(f, f.call(name, f.const(1.0)))
    assert ctypes.CFUNCTYPE(ctypes.c_double)(loaded.address("answer"))() == 42


def test_a_power_is_ours_even_where_llvm_knows_a_shorter_way():
    """x to the power of two stays a call of our power, not a product."""
    module = Module(1)
    ours = Function(module, "pow", (("double", "x"), ("double", "y")), returns="double")
    ours.close(ours.binary("fadd", "%x", "%y"))
    f = Function(module, "answer", (("double", "x"),), returns="double")
    loaded = address_of(f, f.call("pow", "%x", f.const(2.0)))
    answer = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    assert answer(loaded.address("answer"))(40.0) == 42


@pytest.mark.parametrize("value", ["%x", "0x0000000000000000"])
def test_loops_that_copy_or_clear_call_no_library(value):
    """LLVM would write them as calls of memcpy and memset."""
    module = Module(1)
    f = Function(module, "fill", ("from", "to", ("i64", "n")))
    with f.count("%n") as i:
        one = f.load("%from", i) if value == "%x" else value
        f.store(one, "%to", i)
    f.close()
    assert "mem" not in machine.assembly(module.text())


@pytest.mark.parametrize("target", LACKING, ids=lambda one: f"{one.triple} {one.cpu}")
def test_a_product_and_a_sum_are_never_fused_unasked(target):
    """x y + z stays two roundings everywhere."""
    module = Module(1)
    kinds = tuple(("double", one) for one in "xyz")
    f = Function(module, "two", kinds, returns="double")
    f.close(f.binary("fadd", f.binary("fmul", "%x", "%y"), "%z"))
    written = machine.assembly(module.text(), target, level=3)
    assert not [word for word in ("fma", "fmadd", "mad.") if word in written]
