"""Records taken apart into events, each of which does one thing at one time.

An infusion is two events. A steady state is a cycle: its events lie in one interval,
and at the end of it the time is set back to its begin until nothing changes any more.
Doses given before the steady state was recorded, and still on their way or running,
follow it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from il2sim.engine.records import Change, Check, Given, Record, Reset

ALWAYS_H = 1e9  # [h] a hundred thousand years: how long an infusion has always run


class Kind(IntEnum):
    """What an event does.

    ADD an amount to a state; START an infusion, END it, or STOP all of an inlet at a
    rate of exactly zero; SET a parameter; RESET all states; KEEP them aside and JOIN
    them again; BEGIN_CYCLE and END_CYCLE enclose what is repeated (END_CYCLE with an
    amount of one: once); CHECK a rule.
    """

    ADD = 0
    START = 1
    END = 2
    STOP = 3
    SET = 4
    RESET = 5
    KEEP = 6
    JOIN = 7
    BEGIN_CYCLE = 8
    END_CYCLE = 9
    CHECK = 10


KINDS = len(Kind)
"""How many kinds of events there are."""


@dataclass(frozen=True)
class Event:
    """One event of one schedule.

    `dose` numbers the dose that a rule may hold or reduce, or the check; the end of its
    infusion has the same number, and what is fixed has none. `unless` are the marks
    that bar it; `infusion` tells infusions apart.
    """

    time_h: float
    kind: Kind
    target: int = 0
    basis: int = 0
    amount: float = 0.0
    dose: int | None = None
    unless: int = 0
    infusion: tuple[int, int] | None = None


Placed = tuple[tuple[float, int, int, int], Event]
"""An event and what it is sorted by: time, ends first, order of records, own order."""


def events_of(records: Iterable[Record]) -> list[Event]:
    """Take records apart and sort what comes out.

    Examples
    --------
    >>> [e.time_h for e in events_of([Given(1.0, 0, 6.0, duration_h=2.0)])]
    [1.0, 3.0]
    """
    placed: list[Placed] = []
    for order, record in enumerate(records):
        placed += _placed(order, record)
    placed.sort(key=lambda pair: pair[0])
    return _with_stops([event for _, event in placed])


def _placed(order: int, record: Record) -> Iterator[Placed]:
    if isinstance(record, Given):
        yield from _dose(order, record)
    else:
        yield (record.time_h, 1, order, 0), _single(order, record)


def _single(order: int, record: Change | Reset | Check) -> Event:
    if isinstance(record, Change):
        return Event(
            record.time_h, Kind.SET, target=record.parameter, amount=record.value
        )
    if isinstance(record, Check):
        return Event(record.time_h, Kind.CHECK, target=record.rule, dose=order)
    return Event(record.time_h, Kind.RESET)


def _dose(order: int, dose: Given) -> Iterator[Placed]:
    if dose.steady:
        for number, event in enumerate(_steady(order, dose)):
            yield (dose.time_h, 1, order, number), event
    if math.isinf(dose.duration_h):
        return
    yield from _entering(order, dose, dose.time_h + dose.lag_h, 0)
    if dose.steady:
        yield from _on_the_way(order, dose)


def _entering(order: int, dose: Given, time: float, back: int) -> Iterator[Placed]:
    """A dose that enters at a time; those before the recorded one are fixed."""
    number = None if back else order
    head = (time, 1, order, _AFTER_STEADY)
    if not dose.duration_h:
        bolus = Event(time, Kind.ADD, dose.target, dose.basis, dose.amount)
        yield head, replace(bolus, dose=number, unless=dose.unless)
        return
    start = replace(
        _rate(dose, time), dose=number, unless=dose.unless, infusion=(order, back)
    )
    yield head, start
    yield _end(order, start, time + dose.duration_h)


def _end(order: int, start: Event, time: float) -> Placed:
    return (time, 0, order, 0), replace(start, kind=Kind.END, time_h=time)


_AFTER_STEADY = 1_000_000


def _rate(dose: Given, time: float, kind: Kind = Kind.START) -> Event:
    rate = dose.amount / dose.duration_h
    return Event(time, kind, dose.target, dose.basis, rate)


def _on_the_way(order: int, dose: Given) -> Iterator[Placed]:
    """Earlier doses of the steady state that enter later, or still run."""
    back = 1
    while dose.lag_h - back * dose.every_h >= 0:
        entry = dose.time_h + dose.lag_h - back * dose.every_h
        yield from _entering(order, dose, entry, back)
        back += 1
    for start, left in _running(order, dose):
        yield _end(order, start, dose.time_h + left)


def _running(order: int, dose: Given) -> Iterator[tuple[Event, float]]:
    """Infusions begun before the steady state was recorded, and how long they run."""
    back = math.floor(dose.lag_h / dose.every_h) + 1
    while dose.duration_h and (
        (left := dose.lag_h + dose.duration_h - back * dose.every_h) > 0
    ):
        yield replace(_rate(dose, dose.time_h), infusion=(order, back)), left
        back += 1


def _steady(order: int, dose: Given) -> Iterator[Event]:
    """The events that bring a subject to the steady state of a dose."""
    time = dose.time_h
    yield Event(time, Kind.RESET if dose.steady == 1 else Kind.KEEP)
    if math.isinf(dose.duration_h):
        on = Event(time, Kind.START, dose.target, dose.basis, dose.amount)
        yield on
        yield Event(time, Kind.BEGIN_CYCLE)
        yield Event(time + ALWAYS_H, Kind.END_CYCLE, amount=1.0)
        yield replace(on, kind=Kind.END)
    else:
        for start, _ in _running(order, dose):
            yield start
        yield Event(time, Kind.BEGIN_CYCLE)
        yield from _one_cycle(dose)
        yield Event(time + dose.every_h, Kind.END_CYCLE)
    if dose.steady == 2:
        yield Event(time, Kind.JOIN)


def _one_cycle(dose: Given) -> list[Event]:
    """What enters and ends within one interval, in its order."""
    every, time = dose.every_h, dose.time_h
    entry = math.fmod(dose.lag_h, every)
    if not dose.duration_h:
        event = Event(time + entry, Kind.ADD, dose.target, dose.basis, dose.amount)
        return [event]
    end = math.fmod(dose.lag_h + dose.duration_h, every) or every
    start = _rate(dose, time + entry)
    stop = _rate(dose, time + end, Kind.END)
    return [stop, start] if end <= entry else [start, stop]


class _Running:
    """Which infusions run, while one goes through the events."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.known: set[tuple[int, int]] = set()

    def start(self, event: Event) -> None:
        self.counts[event.target] = self.counts.get(event.target, 0) + 1
        if event.infusion is not None:
            self.known.add(event.infusion)

    def end(self, event: Event) -> Kind | None:
        """How an infusion ends; None if a reset has ended it already."""
        if event.infusion is not None:
            if event.infusion not in self.known:
                return None
            self.known.remove(event.infusion)
        self.counts[event.target] -= 1
        return Kind.END if self.counts[event.target] else Kind.STOP

    def join(self, kept: _Running) -> None:
        for target, count in kept.counts.items():
            self.counts[target] = self.counts.get(target, 0) + count
        self.known |= kept.known


def _with_stops(events: list[Event]) -> list[Event]:
    """Where the last of the running infusions ends, the rate becomes exactly zero."""
    running, kept, result = _Running(), _Running(), []
    for event in events:
        if event.kind is Kind.RESET:
            running = _Running()
        elif event.kind is Kind.KEEP:
            running, kept = _Running(), running
        elif event.kind is Kind.JOIN:
            running.join(kept)
        elif event.kind is Kind.START:
            running.start(event)
        elif event.kind is Kind.END:
            kind = running.end(event)
            if kind is None:
                continue
            result.append(replace(event, kind=kind))
            continue
        result.append(event)
    return result
