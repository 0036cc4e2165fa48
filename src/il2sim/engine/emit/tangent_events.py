"""What the events of one lane do to its tangents.

A dose adds the tangent of its amount. Where its time τ moves too, the state after it
has run for less long: ẏ⁺ = ẏ⁻ + (f⁻ - f⁺) τ̇ + the tangent of what is given, with the
rates f⁻ before and f⁺ after the event. For an infusion that is its own rate, for a
bolus it is found from the rates of the model at both states.
"""

from __future__ import annotations

from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.tangent_places import TangentPlaces
from il2sim.engine.events import Kind

EVENT = ("a", "m", ("i64", "lane"), ("i64", "event"))


class TangentEvents(TangentPlaces):
    """Writes the functions that the events of `doses.py` call."""

    def emit(self) -> None:
        """Write @tangents_*: before and after doses, and of all other events."""
        self._emit_give()
        self._emit_shift()
        self._emit_set()
        self._emit_restart()
        self._emit_keep()
        self._emit_join()

    def _begin(
        self, name: str, arguments: tuple[str | tuple[str, str], ...] = EVENT
    ) -> Function:
        return Function(self.module, name, arguments, scalar=True)

    def _event_seed(self, f: Function, table: str, direction: str) -> str:
        row = f.let(f"mul i64 {direction}, {self.given(f, 'n_events')}")
        return self.element(f, table, f.let(f"add i64 {row}, %event"), "double")

    def _is(self, f: Function, kind: Kind) -> str:
        found = self.element(f, "event_kinds", "%event", "i64")
        return f.let(f"icmp eq i64 {found}, {int(kind)}")

    def _emit_give(self) -> None:
        """Write @tangents_give: called before an amount or a rate changes."""
        f = self._begin("tangents_give", (*EVENT, ("double", "size")))
        target = self.element(f, "event_targets", "%event", "i64")
        amount = self.element(f, "event_amounts", "%event", "double")
        rate = f.let(f"fmul double {amount}, %size")
        adds, starts, ends, stops = (
            self._is(f, kind) for kind in (Kind.ADD, Kind.START, Kind.END, Kind.STOP)
        )
        with f.when(f.let(f"and i1 {adds}, {self._moves(f)}")):
            self._call_rates(f, "rates_before")
        less = f.let(f"fneg double {rate}")
        gone = f.let(f"select i1 {starts}, double {less}, double {rate}")
        running = self.read(f, "inputs", target)
        gone = f.let(f"select i1 {stops}, double {running}, double {gone}")
        with f.count(self.given(f, "n_directions")) as direction:
            moved = self._event_seed(f, "amount_seeds", direction)
            moved = f.let(f"fmul double {moved}, %size")
            later = self._event_seed(f, "time_seeds", direction)
            jump = f.let(f"fmul double {gone}, {later}")
            more = f.let(f"select i1 {adds}, double {moved}, double {jump}")
            for inlet, state in enumerate(self.inlets):
                with f.when(f.let(f"icmp eq i64 {target}, {inlet}")):
                    self.add_to(f, self.along(f, direction, "ydot", state), more)
            with f.when(f.let(f"xor i1 {adds}, true")):
                place = self.along(f, direction, "inputs_dot", target)
                back = f.let(f"fneg double {moved}")
                more = f.let(f"select i1 {ends}, double {back}, double {moved}")
                self.add_to(f, place, more)
                with f.when(stops):
                    f.do(f"store double {number(0.0)}, ptr {place}")
        f.close()

    def _moves(self, f: Function) -> str:
        return f.let(f"icmp ne i64 {self.given(f, 'times_move')}, 0")

    def _call_rates(self, f: Function, section: str) -> None:
        """Rates of all lanes; each reads its own."""
        slots = (self.layout[name] for name in ("y", "p", "c", section, "shared"))
        places = [
            f.let(f"getelementptr double, ptr %m, i64 {slot * self.module.lanes}")
            for slot in slots
        ]
        f.do(f"call void @rates({', '.join(f'ptr {one}' for one in places)})")

    def _emit_shift(self) -> None:
        """Write @tangents_shift: called after a bolus is given."""
        f = self._begin("tangents_shift")
        with f.when(self._moves(f)):
            self._call_rates(f, "rates_after")
            with f.count(self.given(f, "n_directions")) as direction:
                later = self._event_seed(f, "time_seeds", direction)
                with f.count(self.sizes.states) as i:
                    before, after = (
                        self.read(f, name, i)
                        for name in ("rates_before", "rates_after")
                    )
                    gone = f.let(f"fsub double {before}, {after}")
                    jump = f.let(f"fmul double {gone}, {later}")
                    self.add_to(f, self.along(f, direction, "ydot", i), jump)
        f.close()

    def _emit_set(self) -> None:
        """Write @tangents_set: a parameter moves as its new value does."""
        f = self._begin("tangents_set")
        target = self.element(f, "event_targets", "%event", "i64")
        with f.count(self.given(f, "n_directions")) as direction:
            seed = self._event_seed(f, "amount_seeds", direction)
            where = self.along(f, direction, "pdot", target)
            f.do(f"store double {seed}, ptr {where}")
        f.close()

    def _emit_restart(self) -> None:
        """Write @tangents_restart: back to the start, and nothing runs."""
        f = self.function("tangents_restart")
        with f.count(self.given(f, "n_directions")) as direction:
            place = ("ydot", 0, self.sizes.states)
            self.copy_seeds(f, "start_seeds", direction, place)
            with f.count(self.sizes.inlets) as i:
                where = self.along(f, direction, "inputs_dot", i)
                f.do(f"store double {number(0.0)}, ptr {where}")
        f.close()

    def _emit_keep(self) -> None:
        """Write @tangents_keep: put aside what is there."""
        f = self.function("tangents_keep")
        with f.count(self.given(f, "n_directions")) as direction:
            for section, first, length in self._kept():
                with f.count(length) as i:
                    slot = f.let(f"add i64 {i}, {first}")
                    source = self.along(f, direction, section, i)
                    self.copy(f, source, self.along(f, direction, "aside_dot", slot))
        f.do("call void @tangents_restart(ptr %a, ptr %m, i64 %lane)")
        f.close()

    def _kept(self) -> tuple[tuple[str, int, int], ...]:
        n = self.sizes.states
        return ("ydot", 0, n), ("inputs_dot", n, self.sizes.inlets)

    def _emit_join(self) -> None:
        """Write @tangents_join: what was aside, and what came to the start."""
        f = self.function("tangents_join")
        with f.count(self.given(f, "n_directions")) as direction:
            row = self.seed_row(f, "start_seeds", direction, self.sizes.states)
            for section, first, length in self._kept():
                with f.count(length) as i:
                    slot = f.let(f"add i64 {i}, {first}")
                    place = self.along(f, direction, section, i)
                    aside = self.along(f, direction, "aside_dot", slot)
                    self.add_to(f, place, f.let(f"load double, ptr {aside}"))
                    if section == "ydot":
                        at = f.let(f"add i64 {row}, {i}")
                        start = self.element(f, "start_seeds", at, "double")
                        self.add_to(f, place, f.let(f"fneg double {start}"))
        f.close()
