"""Protocols steer doses as worked out by hand, on a fluid that empties at a known rate.

Every number is a sum of exponentials: a bolus of D nmol leaves ``D exp(-k t)``, so the
times at which a rule fires follow from logarithms.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine import snapshot, store
from il2sim.engine.decisions import arrays_of
from il2sim.engine.rows import put_together, rows
from il2sim.errors import (
    BadProblem,
    BadRegimen,
    UnitMismatch,
    UnknownName,
    UnreadableFile,
)
from il2sim.study.attribution import attribute
from il2sim.study.populations import adults
from il2sim.study.portions import portions
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, simulate, solve_task
from il2sim.units import hours
from tests.unit.study.tiny import VALUES, tiny

K = VALUES["plasma.k_lose"].value  # [1/h]
EVERY_H, DOSE = 4.0, 10.0
LEFT = np.exp(-K * EVERY_H)  # 0.135 of a dose is left when the next is due
DOSES = "aldesleukin 10 nmol iv every 4 h, 6 doses"
PEOPLE = adults(n=3, seed=4).without_spread()
MANY = adults(n=400, seed=4).without_spread()
TIMES = hours(0, 48, every=1)


def task_of(text, population=PEOPLE, times=TIMES):
    protocol = Protocol.parse(text) if isinstance(text, str) else text
    return prepare(tiny(), protocol, population, times=times, tolerance=1e-8)


def run(text, population=PEOPLE, times=TIMES, device="cpu"):
    return solve_task(task_of(text, population, times), device=device)


def by_hand(doses, n=6):
    """Amount just before each of n doses, when `doses` gives each for what is there."""
    amount, seen, given = 0.0, [], []
    for number in range(n):
        seen.append(amount)
        given.append(doses(number, amount))
        amount = (amount + DOSE * given[-1]) * LEFT
    return np.array(seen), np.array(given)


def check(got, doses):
    """Compare doses given, and amounts before each, with the hand's."""
    seen, given = by_hand(doses)
    np.testing.assert_allclose(got.decisions.given[0], given)
    before = [got["amount"].at(EVERY_H * number)[0] for number in range(6)]
    np.testing.assert_allclose(before, seen, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_a_dose_is_skipped_where_too_much_is_left(device):
    """Alternating: 1.35 nmol are left after a dose, 0.18 after a skipped one."""
    got = run(f"{DOSES}; skip if amount >= 1 nmol", device=device)
    check(got, lambda _, amount: float(amount < 1.0))
    log = got.decisions
    assert log.time_h[log.subject == 0].tolist() == [4.0, 12.0, 20.0]
    assert set(log.decision.tolist()) == {"skip"}
    np.testing.assert_allclose(log.value[0], DOSE * LEFT, rtol=1e-6)
    assert (log.quantity[0], log.unit[0]) == ("amount", "nmol")


def test_thresholds_are_converted():
    """The same rule in another unit decides the same."""
    one = run(f"{DOSES}; skip if amount >= 1 nmol")
    other = run(f"{DOSES}; skip if amount >= 1000 pmol")
    assert one.values.tobytes() == other.values.tobytes()


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_a_hold_lasts_until_its_own_recovery(device):
    """Held from 1 nmol on, and given again below 0.1 nmol: two doses are left out."""
    got = run(
        f"{DOSES}; hold if amount > 1 nmol until amount < 0.1 nmol", device=device
    )
    held = {"now": False}

    def dose(_, amount):
        held["now"] = amount > 1.0 or (held["now"] and amount >= 0.1)
        return float(not held["now"])

    check(got, dose)
    log = got.decisions
    mine = log.subject == 0
    assert log.decision[mine].tolist() == ["hold", "resume", "hold"]
    assert log.time_h[mine].tolist() == [4.0, 12.0, 16.0]


def test_two_holds_both_have_to_end():
    """The one with the later recovery decides."""
    text = (
        f"{DOSES}; hold if amount > 1 nmol until amount < 0.1 nmol; "
        "hold if amount > 1.2 nmol until amount < 0.001 nmol"
    )
    got = run(text).decisions
    assert got.given[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert got.counts() == {"hold": 3, "resume": 3}


def test_a_dose_is_reduced_so_often_and_no_more():
    """Twice to a half, though the condition is met every time."""
    got = run(f"{DOSES}; reduce to 50 % if amount > 0.01 nmol at most 2 times")
    check(got, lambda number, _: [1.0, 0.5, 0.25, 0.25, 0.25, 0.25][number])
    assert len(got.decisions) == 2 * len(PEOPLE.draw())


def test_a_stop_is_for_good():
    """After the first dose there is too much, for ever."""
    got = run(f"{DOSES}; stop if amount > 1.3 nmol")
    check(got, lambda number, _: float(number < 1))


def test_a_course_ends_and_the_next_is_given():
    """The end of a course bars its other doses, not those of the next."""
    text = (
        "aldesleukin 10 nmol iv every 4 h, 3 doses; again from hour 24; "
        "end course if amount > 1 nmol"
    )
    got = run(text).decisions
    assert got.given[0].tolist() == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def test_who_is_withdrawn_is_followed_no_longer():
    """What was recorded until then is kept."""
    got = run(f"{DOSES}; withdraw if amount > 1 nmol")
    values = got["amount"].values[0]
    assert np.all(np.isfinite(values[got.times_h <= 4.0]))
    assert np.all(np.isnan(values[got.times_h > 4.0]))
    assert got.decisions.given[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_rule_may_be_looked_at_on_visits_only():
    """At hour 6 the second dose still stands at 3.7 nmol; at doses it would be 1.35."""
    text = f"{DOSES}; stop if amount > 2 nmol at visits; visit hour 6"
    got = run(text).decisions
    assert got.time_h.tolist() == [6.0] * 3
    assert got.given[0].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(got.value, (DOSE * LEFT + DOSE) * np.exp(-K * 2.0), 1e-6)


@pytest.mark.parametrize(("level", "courses"), [(0.1, 1), (0.3, 3), (0.20817, 2)])
def test_courses_are_repeated_on_response(level, courses):
    """What is left grows from course to course: 0.2079, then 0.2085 nmol."""
    text = (
        "aldesleukin 10 nmol iv once; aldesleukin 10 nmol iv once, from hour 4; "
        f"repeat from hour 12 if amount < {level} nmol, at most 3 courses"
    )
    got = run(text).decisions
    seen, amount = [], 0.0
    for _ in range(2):
        amount = ((amount + DOSE) * LEFT + DOSE) * np.exp(-K * 8.0)
        seen.append(amount)
    expected = 1
    while expected < 3 and seen[expected - 1] < float(level):
        expected += 1
    assert got.given[0].sum() == 2 * expected
    assert expected == courses
    assert np.sum(got.decision == "repeat") == 3 * (expected - 1)


def test_a_rescue_takes_the_place_of_the_regimen():
    """From the visit on the other doses are given, and the first ones no more."""
    text = (
        f"{DOSES}; visits hour 6, hour 14; "
        "rescue if amount > 2 nmol: aldesleukin 5 nmol iv every 2 h, 3 doses"
    )
    got = run(text).decisions
    given = dict(zip(got.given_h.tolist(), got.given[0].tolist(), strict=False))
    assert [t for t, share in given.items() if share] == [0.0, 4.0, 6.0, 8.0, 10.0]
    assert got.decision.tolist() == ["rescue"] * 3


def test_doses_are_missed_by_chance_and_by_their_own_stream():
    """A fifth of the doses; subject 7 misses the same doses whoever is with it."""
    got = run(f"{DOSES}; missed 20 %", MANY).decisions
    share = 1.0 - got.given.mean()
    assert abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / got.given.size)
    assert np.sum(got.decision == "missed") == np.sum(got.given == 0)
    few = solve_task(task_of(f"{DOSES}; missed 20 %", MANY), range(5, 9)).decisions
    assert few.given.tolist() == got.given[5:9].tolist()


def test_who_drops_out_gets_no_more():
    """The share that stays falls as an exponential, a tenth a day."""
    text = f"{DOSES}; visit day 1; visit day 2; dropout 10 %/day"
    got = run(text, MANY, times=hours(0, 49, every=1)).decisions
    for visit, stays in enumerate((0.9, 0.81)):
        seen = np.isfinite(got.visits_h[:, visit]).mean()
        assert abs(seen - stays) < 4 * np.sqrt(stays * (1 - stays) / 400)
    late = got.given_h[None, :] >= got.dropout_h[:, None]
    assert np.all(got.given[late] == 0)
    assert np.all(got.given[~late] == 1)


def test_dropout_at_visits():
    """A tenth at each of two visits."""
    text = f"{DOSES}; visit day 1; visit day 2; dropout 10 % at visits"
    got = run(text, MANY, times=hours(0, 49, every=1)).decisions
    assert set(got.dropout_h.tolist()) == {24.0, 48.0, np.inf}
    assert abs(np.isinf(got.dropout_h).mean() - 0.81) < 4 * np.sqrt(0.81 * 0.19 / 400)


def test_visits_lie_within_their_windows():
    """On whole days around the planned one, each as often as the others."""
    got = run(f"{DOSES}; visit day 5 within 2 days", MANY, times=hours(0, 200, every=8))
    days, counts = np.unique(got.decisions.visits_h / 24.0, return_counts=True)
    assert days.tolist() == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert np.all(np.abs(counts - 80) < 4 * np.sqrt(400 * 0.2 * 0.8))


EVERYTHING = (
    f"{DOSES}; skip if amount >= 1.3 nmol;"
    "hold if amount > 2 nmol until amount < 1 nmol;"
    "reduce to 60 % if amount > 0.1 nmol at most 3 times; stop if amount > 3 nmol;"
    "visit day 1 within 1 day; missed 20 %; dropout 10 %/day;"
    "repeat from day 1 if amount < 2 nmol, at most 2 courses"
)


def test_the_log_replays_to_the_same_bits():
    """With the decisions as data, and the rules shut off, nothing changes."""
    task = task_of(EVERYTHING, MANY)
    first = solve_task(task)
    again = solve_task(replace(task, decisions=first.decisions))
    assert again.values.tobytes() == first.values.tobytes()
    assert again.peaks.tobytes() == first.peaks.tobytes()
    for name in ("subject", "time_h", "decision", "rule", "value", "given", "check"):
        assert np.array_equal(
            getattr(again.decisions, name),
            getattr(first.decisions, name),
            equal_nan=name == "value",
        )


def test_a_changed_log_changes_the_course():
    """What is replayed is the log and not the rules: without its skips all is given."""
    task = task_of(f"{DOSES}; skip if amount >= 1 nmol")
    log = solve_task(task).decisions
    none = replace(log, **{name: getattr(log, name)[:0] for name in COLUMNS})
    got = solve_task(replace(task, decisions=none))
    plain = simulate(
        tiny(), Regimen.parse(DOSES), PEOPLE, times=TIMES, tolerance=1e-8, device="cpu"
    )
    np.testing.assert_allclose(got.values, plain.values, rtol=1e-7)


COLUMNS = (
    "subject",
    "time_h",
    "decision",
    "rule",
    "quantity",
    "value",
    "unit",
    "check",
)


def test_a_log_of_other_subjects_is_refused():
    task = task_of(f"{DOSES}; skip if amount >= 1 nmol")
    log = solve_task(task).decisions
    other = replace(task_of(f"{DOSES}; skip if amount >= 1 nmol", MANY), decisions=log)
    with pytest.raises(BadProblem, match="does not fit"):
        solve_task(other)


def test_portions_have_the_log_of_the_whole():
    """Solved in parts and put together, every row is the same."""
    task = task_of(EVERYTHING, MANY)
    whole = solve_task(task)
    parts = [solve_task(task, some) for some in portions(400, 130)]
    joined = put_together(parts)
    assert joined.values.tobytes() == whole.values.tobytes()
    assert joined.decisions.columns()["rule"] == whole.decisions.columns()["rule"]
    assert joined.decisions.subject.tolist() == whole.decisions.subject.tolist()
    assert joined.decisions.given.tobytes() == whole.decisions.given.tobytes()
    assert rows(whole, range(130, 260)).decisions.of(3) == parts[1].decisions.of(3)


def test_checks_that_are_nobodys_are_no_decisions():
    """Of a window's days the last may be no subject's; one alone has its log."""
    text = f"{DOSES}; stop if amount > 2 nmol at visits; visit day 2 within 2 days"
    whole = run(text, MANY, times=hours(0, 120, every=8)).decisions
    task = task_of(text, MANY, times=hours(0, 120, every=8))
    for subject in range(4):
        alone = solve_task(task, range(subject, subject + 1))
        assert alone.decisions.of(0) == whole.of(subject)
        again = solve_task(replace(task, decisions=whole), range(subject, subject + 1))
        assert again.decisions.of(0) == whole.of(subject)


def test_both_devices_decide_the_same():
    """The slow twin, on everything at once."""
    task = task_of(EVERYTHING, adults(n=12, seed=2).without_spread())
    fast, slow = solve_task(task), solve_task(task, device="reference")
    assert fast.decisions.given.tolist() == slow.decisions.given.tolist()
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-5, atol=1e-8)


def test_a_protocol_that_says_no_more_is_its_regimen():
    """The same bits and the same provenance, and no log."""
    one = run(Protocol(Regimen.parse(DOSES)))
    other = simulate(
        tiny(), Regimen.parse(DOSES), PEOPLE, times=TIMES, tolerance=1e-8, device="cpu"
    )
    assert one.values.tobytes() == other.values.tobytes()
    assert one.decisions is None
    assert one.provenance.key == other.provenance.key


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("skip if amuont >= 1 nmol", UnknownName, "'amount'"),
        ("skip if amount >= 1", BadRegimen, "a threshold in nmol"),
        ("skip if amount >= 1 kg", UnitMismatch, "kg"),
        ("hold if amount > 1 nmol until amuont < 1 nmol", UnknownName, "'amount'"),
    ],
)
def test_a_rule_that_does_not_fit_the_model_is_refused(text, error, words):
    with pytest.raises(error, match=words):
        task_of(f"{DOSES}; {text}")


@pytest.mark.parametrize(
    "text",
    [
        "repeat from hour 4 if amount < 1 nmol, at most 3 courses",
        "repeat from day 4 if amount < 1 nmol, at most 1 courses",
        "rescue if amount > 1 nmol: aldesleukin 1 nmol iv once",
        "visit day 1 within 2 days",
        "visit day 1 within 5 h",
        "visit day 3; visit day 3",
        "missed 100 %",
        "missed -1 %",
        "dropout nan %/day",
        "reduce to 150 % if amount > 1 nmol",
        "reduce if amount > 1 nmol",
        "skip if amount > 1 nmol until amount < 1 nmol",
        "skip if amount > 1 nmol at visits",
        "stop if amount > 1 nmol at most 2 times",
        "hold if amount > inf nmol",
    ],
)
def test_what_cannot_be_followed_is_refused(text):
    with pytest.raises(BadRegimen):
        Protocol.parse(f"{DOSES}; {text}")


@pytest.mark.parametrize("kind", ["zarr", "parquet", "csv"])
def test_a_log_is_kept_with_its_trajectories(kind, tmp_path):
    """Every array comes back as it was, and a store without it is not complete."""
    first = run(EVERYTHING)
    store.write(first, tmp_path, format=kind)
    again = store.read(tmp_path).decisions
    for name, array in arrays_of(first.decisions).items():
        assert np.array_equal(
            array, getattr(again, name), equal_nan=array.dtype == float
        )
    (tmp_path / store.LOG).unlink()
    with pytest.raises(UnreadableFile, match="not complete"):
        store.read(tmp_path)


def test_a_portion_is_kept_with_its_log(tmp_path):
    first = run(EVERYTHING)
    snapshot.write(first, tmp_path / "one.part")
    again = snapshot.read(tmp_path / "one.part").decisions
    assert again.of(1) == first.decisions.of(1)
    assert again.given.tobytes() == first.decisions.given.tobytes()


def test_questions_of_one_regimen_refuse_a_protocol():
    """Shares and derivatives would be of doses that some did not get."""
    task = task_of(f"{DOSES}; skip if amount >= 1 nmol")
    with pytest.raises(BadProblem, match="attribution follows a regimen"):
        attribute(task, "memory Treg")
