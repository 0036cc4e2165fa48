"""One text of a kernel, many processors: none lacks anything, and all agree in bits."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from dataclasses import fields, replace
from functools import lru_cache, partial
from types import SimpleNamespace

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.elementary import write_loops
from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.kernel import write_kernel
from il2sim.engine.emit.layout import ARGUMENTS
from il2sim.engine.emit.machine import Target
from il2sim.engine.emit.substitutes import substitutes
from il2sim.engine.methods import METHODS
from il2sim.engine.precision import DOUBLE, SINGLE, Precision
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import Solution, solve
from tests import programs
from tests.objects import left_open_elf, left_open_wasm, runnable_wasm

NVIDIA = Target("nvptx64-nvidia-cuda", "sm_90")
ARM = Target("aarch64-unknown-linux-gnu")
WASM = Target("wasm32-unknown-unknown")
LINUX = "x86_64-unknown-linux-gnu"
OLD = Target(LINUX, "x86-64-v2")
OLDEST = Target(LINUX, "x86-64")
MODERN = Target(LINUX, "x86-64-v3")
TARGETS = {
    "nvidia": NVIDIA,
    "arm": ARM,
    "wasm": WASM,
    "old x86": OLD,
    "oldest x86": OLDEST,
    "x86": MODERN,
}
TEXTS = {
    "rodas5p": lambda: kernel_text("rodas5p"),
    "tsit5": lambda: kernel_text("tsit5"),
    "tangents": lambda: kernel_text("rodas5p", together=2),
    "single": lambda: kernel_text("rodas5p", precision=SINGLE),
    "elementary": lambda: write_loops(1),
}
"""A kernel with every function of ours, by both kinds of methods; and all loops."""


@lru_cache(maxsize=4)
def kernel_text(method: str, together: int = 0, precision: Precision = DOUBLE) -> str:
    """A kernel at width one, for no processor."""
    program, given = programs.logistic(), METHODS[method]
    return write_kernel(program, given, 1, together=together, precision=precision).text


@pytest.mark.parametrize("target", ["arm", "wasm", "old x86", "oldest x86", "x86"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_code_needs_nothing_of_others(target, text):
    """No function of a mathematical or C library is left to be found."""
    code = machine.assemble(TEXTS[text](), TARGETS[target])
    left_open = left_open_wasm if target == "wasm" else left_open_elf
    assert left_open(code) == set()


@pytest.mark.parametrize(
    ("target", "reader"), [(ARM, left_open_elf), (WASM, left_open_wasm)]
)
def test_what_is_left_open_would_be_found(target, reader):
    """A function that is nowhere is named by the readers of objects."""
    module = Module(1)
    module.intrinsics.add("declare double @elsewhere(double)")
    f = Function(module, "one", (("double", "x"),), returns="double")
    f.close(f.call("elsewhere", "%x"))
    assert reader(machine.assemble(module.text(), target)) == {"elsewhere"}


@pytest.mark.parametrize("text", TEXTS)
def test_ptx_rounds_every_operation(text):
    """Plain `add.f64` and `mul.f64` may be fused by NVIDIA's assembler; `.rn` may not.

    Divisions, inverses and roots are those rounded to the nearest, nothing is
    approximate, and no function is left to a library.
    """
    ptx = machine.assembly(TEXTS[text](), NVIDIA)
    arithmetic = re.findall(
        r"\b(?:add|sub|mul|mad|fma|div|sqrt|rcp)\S*\.f(?:64|32)", ptx
    )
    kinds = {"add", "sub", "mul", "fma", "div", "rcp", "sqrt"}
    lengths = ("f64", "f32") if text == "single" else ("f64",)
    allowed = {f"{one}.rn.{length}" for one in kinds for length in lengths}
    assert set(arithmetic) <= allowed
    plain = {
        f"{one}.rn.{length}" for one in ("add", "mul", "fma") for length in lengths
    }
    assert plain <= set(arithmetic)
    assert ".approx" not in ptx
    assert ".extern" not in ptx
    assert ".ftz" not in ptx
    assert (".f32" in ptx) == (text == "single")


@pytest.mark.parametrize("target", ["nvidia", "arm", "x86"])
def test_nothing_is_fused_that_was_not_written_so(target):
    """With our function in place of each fused product no instruction of it is left."""
    text = substitutes(kernel_text("rodas5p"), ["fma"])
    written = machine.assembly(text, TARGETS[target])
    found = re.findall(
        r"\b(?:v?fn?m(?:add|sub|la|ls)\S*|fma\.rn\S*|mad\.rn\S*)", written
    )
    assert [one for one in found if "own" not in one] == []


@pytest.mark.parametrize("target", ["nvidia", "arm", "wasm", "old x86"])
def test_the_text_is_the_same_for_all(target):
    """Not a letter depends on where it will run; the width of a vector is all."""
    text = kernel_text("rodas5p")
    assert not re.search(r"target (?:triple|datalayout)|target-cpu", text)
    assert machine.assembly(text, TARGETS[target])


@pytest.mark.parametrize("text", TEXTS)
def test_the_assembler_of_nvidia_takes_it(text, tmp_path):
    """PTX becomes machine code of a GPU, with an entry that calls the kernel."""
    ptxas = shutil.which("ptxas")
    if not ptxas:
        pytest.skip("ptxas, NVIDIA's assembler, is not installed")
    whole = TEXTS[text]() + (
        "define ptx_kernel void @entry(ptr %a, ptr %m) {\n"
        "  call void @kernel(ptr %a, ptr %m)\n  ret void\n}\n"
        if text != "elementary"
        else ""
    )
    source, made = tmp_path / "kernel.ptx", tmp_path / "kernel.cubin"
    source.write_text(machine.assembly(whole, NVIDIA))
    command = [ptxas, "-arch=sm_90", "-O1", str(source), "-o", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert made.read_bytes()[:4] == b"\x7fELF"


# the same bits


def tasks() -> dict[str, Problem]:
    """Powers and functions; doses, reductions and a resting state; stiffness."""
    rng = np.random.default_rng(5)
    grown = rng.uniform([0.2, 3.0, 0.05], [0.8, 9.0, 0.5], (5, 3))
    fed = rng.uniform(0.5, 1.5, (5, 6)) * [1.0, 0.3, 2.0, 5.0, 0.1, 3.0]
    doses = [Given(0.0, 0, 5.0), Given(3.0, 0, 2.0, duration_h=2.0)]
    reduce = (
        Reduction(Reduce.PEAK, "bound"),
        Reduction(Reduce.AREA, "drug"),
        Reduction(Reduce.TIME_ABOVE, "drug", threshold=1.0),
    )
    found = {
        "logistic": task(programs.logistic(), grown, [], 12.0),
        "sink": task(programs.sink(), fed, doses, 12.0, reductions=reduce),
        "robertson": task(programs.robertson(), np.zeros((1, 0)), [], 1e4),
    }
    single = {
        f"{name} in single": replace(
            one, tolerance=1e-4, absolute=None, precision="single"
        )
        for name, one in found.items()
    }
    return found | single


def task(program, parameters, doses, end_h, **more) -> Problem:
    """A problem in which everything is recorded."""
    return Problem(
        program=program,
        parameters=parameters,
        bases=np.ones((len(parameters), 1)),
        schedule=Schedule.of(doses),
        sample_h=np.linspace(0.0, end_h, 7),
        end_h=end_h,
        save=tuple(program.outputs),
        tolerance=1e-6,
        **more,
    )


def solved_on(target: Target, one: Problem, monkeypatch, load=machine.load):
    """Solve with kernels for another processor, brought into being by `load`."""
    elsewhere = SimpleNamespace(
        host=lambda: target,
        assemble=partial(machine.assemble, target=target),
        load=load,
    )
    with monkeypatch.context() as patch:
        patch.setattr(cpu, "machine", elsewhere)
        cpu.kernel.cache_clear()
        found = solve(one, workers=1)
    cpu.kernel.cache_clear()
    return found


def assert_same_bits(one: Solution, other: Solution) -> None:
    """Whatever was found, from values to the number of steps, to the last bit."""
    for name in (field.name for field in fields(one)):
        a, b = (np.asarray(getattr(each, name)) for each in (one, other))
        assert a.shape == b.shape
        if a.dtype.kind == "f":
            np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
            a, b = (np.where(np.isnan(each), 0.0, each) for each in (a, b))
        assert a.tobytes() == b.tobytes(), name


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A folder for compiled code that starts empty."""
    monkeypatch.setenv("IL2SIM_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("name", tasks())
@pytest.mark.parametrize(
    "target",
    [
        pytest.param(OLD, id="old"),
        pytest.param(OLDEST, id="oldest", marks=pytest.mark.slow),
    ],
)
def test_a_processor_without_fma_gives_the_same_bits(target, name, monkeypatch):
    """Every fused product by whole numbers, and the results are equal to the bit."""
    here = machine.host()
    if not here.triple.startswith("x86_64"):
        pytest.skip("code for old x86 runs on x86 only")
    if not here.has_fma:
        pytest.skip("this processor has no fma to compare with")
    old = Target(here.triple, target.cpu)
    expected = solve(tasks()[name])
    assert_same_bits(solved_on(old, tasks()[name], monkeypatch), expected)


RUN = """
const fs = require("fs");
const [code, image, start, a, m] = process.argv.slice(2);
const given = fs.readFileSync(image), from = Number(start);
const pages = Math.ceil((from + given.length) / 65536) + 1;
const env = {
  __linear_memory: new WebAssembly.Memory({initial: pages}),
  __indirect_function_table: new WebAssembly.Table({initial: 0, element: "anyfunc"}),
  __stack_pointer: new WebAssembly.Global({value: "i32", mutable: true}, from),
};
const compiled = new WebAssembly.Module(fs.readFileSync(code));
const kernel = new WebAssembly.Instance(compiled, {env}).exports.kernel;
const memory = new Uint8Array(env.__linear_memory.buffer);
memory.set(given, from);
kernel(Number(a), Number(m));
fs.writeFileSync(image, memory.slice(from, from + given.length));
"""
"""Carries a kernel out in node: an image of memory goes in and comes back."""

START = 1 << 20  # of the image; before it lie the kernel's own numbers and its stack


class ThroughNode(cpu._Call):
    """One run of a kernel in WebAssembly."""

    folder = None
    node = ""

    def _work(self) -> None:
        """Copy what is given into an image of memory, and what was found out of it."""
        image, places = bytearray(), {}

        def put(array) -> int:
            image.extend(bytes(-len(image) % 64))
            image.extend(array.tobytes())
            return START + len(image) - array.nbytes

        for name, array in self.keep.items():
            places[name] = put(array)
        arguments = self.arguments.copy()
        for place, name in enumerate(ARGUMENTS):
            if name in places:
                arguments[place] = places[name]
        a, m = put(arguments), put(np.zeros(self.slots * self.compiled.lanes))
        files = [self.folder / one for one in ("run.js", "kernel.wasm", "memory")]
        contents = [RUN.encode(), self.compiled.loaded, bytes(image)]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        command = [self.node, *map(str, (*files, START, a, m))]
        subprocess.run(command, check=True, timeout=60)
        back = files[-1].read_bytes()
        for name, array in self.keep.items():
            if array.flags.writeable:
                found = back[places[name] - START :][: array.nbytes]
                ctypes.memmove(array.ctypes.data, found, array.nbytes)


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("name", tasks())
def test_webassembly_gives_the_same_bits(name, tmp_path, monkeypatch):
    """The kernel in a virtual machine of 32 bits, without fma and at width one."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node, which runs WebAssembly, is not installed")
    expected = solve(tasks()[name])
    monkeypatch.setattr(ThroughNode, "folder", tmp_path)
    monkeypatch.setattr(ThroughNode, "node", node)
    monkeypatch.setattr(cpu, "_Call", ThroughNode)
    load = partial(runnable_wasm, function="kernel")
    assert_same_bits(solved_on(WASM, tasks()[name], monkeypatch, load), expected)
