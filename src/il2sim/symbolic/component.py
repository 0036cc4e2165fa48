"""`Component`: names and processes that belong together.

A component is written once, as a class, and used by named instances: one class of
receptors serves every cell type. It is checked when the class is read. It has no
options and holds no values.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from il2sim.errors import BadModel, closest
from il2sim.symbolic.checks import check_component
from il2sim.symbolic.expression import Expression, Reference, as_expression
from il2sim.symbolic.process import Process
from il2sim.symbolic.quantity import Parameter, Quantity, Supplied

K = TypeVar("K", bound=Quantity)


class Component:
    """A part of a model.

    Parameters
    ----------
    name
        Of the instance; its quantities are called ``name.quantity`` in the model.
    given
        For each supplied quantity the name of a quantity of another instance, or a
        formula of such names; and for each label that a parameter goes by
        (``by="cell"``), its value.

    Raises
    ------
    BadModel
        Something supplied is missing, or something given is unknown.
    """

    quantities: ClassVar[dict[str, Quantity]] = {}
    processes: ClassVar[dict[str, Process]] = {}

    def __init_subclass__(cls) -> None:
        cls.quantities = dict(cls.quantities) | {
            name: one for name, one in vars(cls).items() if isinstance(one, Quantity)
        }
        cls.processes = dict(cls.processes) | {
            name: one for name, one in vars(cls).items() if isinstance(one, Process)
        }
        check_component(cls)

    def __init__(self, name: str, **given: Any) -> None:
        self.name = name
        wanted = {one.name for one in self.of_kind(Supplied)}
        labels = {one.by for one in self.of_kind(Parameter) if one.by}
        self._refuse_strangers(given, wanted | labels)
        self.labels: dict[str, str] = {label: given[label] for label in sorted(labels)}
        self.given: dict[str, Expression] = {
            one: Reference(given[one])
            if isinstance(given[one], str)
            else as_expression(given[one])
            for one in sorted(wanted)
        }

    def _refuse_strangers(self, given: dict[str, Any], known: set[str]) -> None:
        missing, strange = sorted(known - set(given)), sorted(set(given) - known)
        if not missing and not strange:
            return
        kind = type(self).__name__
        if strange:
            raise BadModel(
                f"the {kind} '{self.name}' does not take '{strange[0]}'.",
                got=f"'{strange[0]}'",
                expected=closest(strange[0], known) if known else "nothing",
            )
        raise BadModel(
            f"the {kind} '{self.name}' lacks '{missing[0]}'.",
            got="nothing",
            expected="the name of a quantity, a formula, or a label",
            try_=f"{kind}('{self.name}', {missing[0]}='…')",
        )

    @classmethod
    def of_kind(cls, kind: type[K]) -> list[K]:
        """The quantities of one kind, in the order written."""
        return [one for one in cls.quantities.values() if isinstance(one, kind)]

    def qualified(self, quantity: Quantity) -> str:
        """The name of a quantity of this instance in the composed model."""
        if isinstance(quantity, Parameter) and quantity.balances is None:
            scope = self.labels[quantity.by] if quantity.by else _words(type(self))
            return f"{scope}.{quantity.name}"
        return f"{self.name}.{quantity.name}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def _words(cls: type) -> str:
    """The class name as lower-case words: ``InjectionSite`` → ``injection_site``."""
    name = cls.__name__
    return "".join(
        f"_{letter.lower()}" if letter.isupper() and i else letter.lower()
        for i, letter in enumerate(name)
    )
