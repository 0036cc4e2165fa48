"""Machine code of a module, for any processor; the one door to llvmlite.

A module's text knows no processor. A `Target` does, and `assemble` turns the one into
code for the other: for this processor to be loaded, or for another one, from x86 to
WebAssembly and NVIDIA's PTX. What a processor cannot do itself is computed by our own
functions (`substitutes.py`), so the code needs no mathematical library and no C
library, and the bits stay the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from il2sim.engine.emit.substitutes import SUBSTITUTES, substitutes

if TYPE_CHECKING:
    import llvmlite.binding as llvm

_SYMBOL = r"(?<![\w.]){name}(?![\w.])"
"""A function's name in assembly; in the name of an instruction it is never alone."""

_PAIRS = ("x86_64", "aarch64", "arm64")
"""Processors that always have vectors of two doubles."""


@dataclass(frozen=True)
class Target:
    """A kind of processor.

    Attributes
    ----------
    triple
        Processor, maker and system, as LLVM names them: ``wasm32-unknown-unknown``.
    cpu
        Its model; empty for the plainest of its kind.
    features
        What it can do beyond, or less, as LLVM writes it: ``+fma,-avx512f``.
    """

    triple: str
    cpu: str = ""
    features: str = ""

    @property
    def has_fma(self) -> bool:
        """Whether it multiplies and adds with one rounding by itself."""
        return "fma" not in self.lacks

    @property
    def lacks(self) -> frozenset[str]:
        """Exactly defined functions of LLVM for which it would call a library."""
        return frozenset(name for name in SUBSTITUTES if _calls_library(self, name))

    @property
    def lanes(self) -> int:
        """Subjects that one vector holds; a thread of a GPU has one."""
        features = self.features.split(",")
        if "+avx512f" in features:
            return 8
        if "+avx" in features:
            return 4
        return 2 if self.triple.startswith(_PAIRS) else 1

    @property
    def key(self) -> tuple[str, ...]:
        """What its code depends on, the compiler included."""
        return (self.triple, self.cpu, self.features, compiler())


@lru_cache(maxsize=1)
def host() -> Target:
    """The processor that this runs on."""
    import llvmlite.binding as llvm

    _initialize()
    return Target(
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )


def compiler() -> str:
    """Version of LLVM."""
    import llvmlite.binding as llvm

    return ".".join(str(part) for part in llvm.llvm_version_info)


def assemble(text: str, target: Target | None = None, *, level: int = 1) -> bytes:
    """Compile a module to an object file.

    Parameters
    ----------
    text
        The module, as `builder` writes it.
    target
        For which processor; default this one. PTX has no object files: see
        `assembly`.
    level
        How much LLVM optimizes the code, 0 to 3.
    """
    target = target or host()
    machine = _machine(target, level)
    code: bytes = machine.emit_object(_optimized(text, target, machine))
    return code


def assembly(text: str, target: Target | None = None, *, level: int = 1) -> str:
    """Compile a module to assembly; for NVIDIA that is PTX, which its driver takes."""
    target = target or host()
    machine = _machine(target, level)
    code: str = machine.emit_assembly(_optimized(text, target, machine))
    return code


@dataclass(frozen=True)
class Loaded:
    """Machine code in memory, with the addresses of its functions."""

    engine: Any

    def address(self, name: str) -> int:
        """Where a function begins."""
        found: int = self.engine.get_function_address(name)
        return found


def load(code: bytes) -> Loaded:
    """Bring an object file of this processor into this process."""
    import llvmlite.binding as llvm

    machine = _machine(host(), 2)
    empty = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(empty, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Loaded(engine)


def _optimized(
    text: str, target: Target, machine: llvm.TargetMachine
) -> llvm.ModuleRef:
    """The module, checked, complete and improved for a target."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(substitutes(text, target.lacks))
    module.triple = target.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    passes = llvm.create_pass_builder(machine, options).getModulePassManager()
    passes.run(module, llvm.create_pass_builder(machine, options))
    return module


@lru_cache(maxsize=64)
def _calls_library(target: Target, name: str) -> bool:
    """Whether LLVM makes a function of its own a call of a library."""
    import llvmlite.binding as llvm

    arguments = [f"double %a{k}" for k in range(SUBSTITUTES[name].arguments)]
    kinds = ", ".join("double" for _ in arguments)
    probe = llvm.parse_assembly(
        f"declare double @llvm.{name}.f64({kinds})\n"
        f"define double @probe({', '.join(arguments)}) {{\n"
        f"  %value = call double @llvm.{name}.f64({', '.join(arguments)})\n"
        "  ret double %value\n}\n"
    )
    probe.triple = target.triple
    found = _machine(target, 0).emit_assembly(probe)
    return re.search(_SYMBOL.format(name=name), found) is not None


def _machine(target: Target, level: int) -> llvm.TargetMachine:
    import llvmlite.binding as llvm

    _initialize()
    kind = llvm.Target.from_triple(target.triple)
    here = target.triple == llvm.get_process_triple()
    return kind.create_target_machine(
        cpu=target.cpu, features=target.features, opt=level, jit=here
    )


def _initialize() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
