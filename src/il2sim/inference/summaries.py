"""Published summaries as a likelihood: numbers, parts of patients, bounds, directions.

Every row of a card becomes one score of the simulated patients: the logarithm of their
median or mean, or the log odds of a part of patients. A number is normal around the
score with its own error, what the study is off by as a whole, and a residual; a bound
or a direction is the probability of being on its side with the same spreads. Slopes and
curvatures with respect to the scores are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.body_plan import BodyPlan
from il2sim.study.card import Measured, TrialCard
from il2sim.study.comparison import UNCHANGED
from il2sim.study.ensemble import key_of

Floats = NDArray[np.float64]

LEAST = 1e-9
"""Readings below are taken as this: logarithms need something."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What was published, one entry for each row that can be fitted, ``(n_rows,)``.

    Attributes
    ----------
    keys, cards
        Of the rows; names of their cards.
    measured
        Rows of the cards.
    seen
        Scores that were published; not-a-number for bounds and directions.
    low, high
        Bounds on the score, infinite where open; of numbers not used.
    errors
        Of what was published, on the scale of the score.
    is_fold
        Whether the row takes the spreads of folds.
    """

    keys: tuple[str, ...]
    cards: tuple[str, ...]
    measured: tuple[Measured, ...]
    seen: Floats
    low: Floats
    high: Floats
    errors: Floats
    is_fold: NDArray[np.bool_]

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """Rows with a published number, shape ``(n_rows,)``."""
        return np.isfinite(self.seen)

    def without(self, card: str) -> NDArray[np.bool_]:
        """Which rows are not of a card, shape ``(n_rows,)``."""
        return np.array([one != card for one in self.cards])

    def some(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        places = np.flatnonzero(chosen)
        return Rows(
            keys=tuple(self.keys[i] for i in places),
            cards=tuple(self.cards[i] for i in places),
            measured=tuple(self.measured[i] for i in places),
            seen=self.seen[places],
            low=self.low[places],
            high=self.high[places],
            errors=self.errors[places],
            is_fold=self.is_fold[places],
        )


def rows_of(
    cards: Sequence[TrialCard], plan: BodyPlan, readings: Mapping[str, Floats]
) -> Rows:
    """Published summaries of cards, with their errors.

    Parameters
    ----------
    cards
        All of them are used.
    plan
        Says how numbers are known.
    readings
        Of simulated patients, by `key_of`, shape ``(n_points, n_subjects)``: what
        trials of as many patients would scatter by, where nothing was published.
    """
    keys, names, some, columns = [], [], [], []
    for card in cards:
        for number, one in enumerate(card.measured):
            key = key_of(card, number)
            is_said = one.is_judged and key in readings
            if not is_said or key in plan.told.get("taken", ()):
                continue
            keys.append(key)
            names.append(card.name)
            some.append(one)
            columns.append(_row(card, one, plan, key, readings[key][0]))
    seen, low, high, errors = np.array(columns).T
    return Rows(
        keys=tuple(keys),
        cards=tuple(names),
        measured=tuple(some),
        seen=seen,
        low=low,
        high=high,
        errors=errors,
        is_fold=np.array([one.is_fold for one in some]),
    )


def scores_of(rows: Rows, readings: Mapping[str, Floats]) -> Floats:
    """Scores of simulated patients at points, shape ``(n_points, n_rows)``."""
    return np.column_stack(
        [
            score_of(one, readings[key])
            for key, one in zip(rows.keys, rows.measured, strict=True)
        ]
    )


def _row(
    card: TrialCard, one: Measured, plan: BodyPlan, key: str, values: Floats
) -> tuple[float, float, float, float]:
    n = one.n or card.n
    number, low, high = one.number, -np.inf, np.inf
    if one.is_part:
        number = None if number is None else number / 100.0
        share = number if number is not None else (one.expected.high or 50.0) / 200.0
        error = 1.0 / np.sqrt(n * share * (1.0 - share))
        if number is not None:
            return _log_odds(number), low, high, error
        bound = (one.expected.high or 100.0) / 100.0
        return np.nan, low, _log_odds(bound), error
    if number is not None:
        known = plan.summaries.get(key)
        error = known.error(number) if known else _scatter(one, values, n)
        return float(np.log(number)), low, high, error
    ends = _bounds(one)
    low, high = (_log(end, open_) for end, open_ in zip(ends, (low, high), strict=True))
    return np.nan, low, high, _scatter(one, values, n)


def _bounds(one: Measured) -> tuple[float | None, float | None]:
    """The sides that were published, or set beforehand where none was."""
    expected = one.expected
    low = expected.low if one.value_low is None else one.value_low
    high = expected.high if one.value_high is None else one.value_high
    if low is not None or high is not None:
        return low, high
    sides: dict[str, tuple[float | None, float | None]] = {
        "up": (1.0, None),
        "down": (None, 1.0),
        "ns": (1.0 - UNCHANGED, 1.0 + UNCHANGED),
    }
    return sides[expected.direction or "ns"]


def _log(end: float | None, otherwise: float) -> float:
    return otherwise if end is None else float(np.log(max(end, LEAST)))


def _log_odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _scatter(one: Measured, values: Floats, n: int) -> float:
    """Standard error of the logarithm in a trial of n simulated patients, [1]."""
    logs = np.log(np.maximum(values[np.isfinite(values)], LEAST))
    wide = 1.0 if one.statistic == "mean" else 1.2533
    low, high = np.quantile(logs, [0.16, 0.84])  # a spread that no outlier decides
    return float(wide * 0.5 * (high - low) / np.sqrt(n))


def score_of(one: Measured, values: Floats) -> Floats:
    """Score of one row at each point, shape ``(n_points,)``.

    The part of patients beyond a threshold is smoothed.

    Parameters
    ----------
    one
        The row.
    values
        Readings, shape ``(n_points, n_subjects)``.
    """
    if one.is_part:
        return _part(one, values)
    with np.errstate(invalid="ignore"):
        of = np.nanmean if one.statistic == "mean" else np.nanmedian
        return np.asarray(np.log(np.maximum(of(values, axis=1), LEAST)))


def _part(one: Measured, values: Floats) -> Floats:
    """Log odds of the part beyond: a step of each patient as wide as their density.

    The width is that of Silverman's rule, so that a part changes smoothly with the
    parameters although each patient is on one side.
    """
    from scipy.special import ndtr

    edge = one.below if one.below is not None else (one.above or 0.0)
    n = values.shape[1]
    width = 0.9 * np.nanstd(values, axis=1, keepdims=True) * n**-0.2 + LEAST
    over = np.nanmean(ndtr((values - edge) / width), axis=1)
    share = 1.0 - over if one.below is not None else over
    share = np.clip(share, 0.25 / n, 1.0 - 0.25 / n)
    return np.asarray(np.log(share / (1.0 - share)))


@dataclass(frozen=True, eq=False)
class Judged:
    """Logarithm of the likelihood with its derivatives in the scores.

    Attributes
    ----------
    value
        [1].
    slope
        Shape ``(n_rows,)``.
    curvature
        Minus the second derivatives, shape ``(n_rows, n_rows)``; never negative.
    """

    value: float
    slope: Floats
    curvature: Floats


def judge(rows: Rows, scores: Floats, spreads: Floats) -> Judged:
    """Likelihood of one set of scores with its derivatives.

    Parameters
    ----------
    rows
        What was published.
    scores
        Of the model, shape ``(n_rows,)``.
    spreads
        Of folds between studies and residual, then of levels, shape ``(4,)``.
    """
    slope, curvature = np.zeros(len(scores)), np.zeros((len(scores), len(scores)))
    total = 0.0
    for places, covariance in _blocks(rows, spreads):
        off = rows.seen[places] - scores[places]
        inverse = np.linalg.inv(covariance)
        pull = inverse @ off
        total -= 0.5 * float(off @ pull + np.linalg.slogdet(covariance)[1])
        slope[places] = pull
        curvature[np.ix_(places, places)] = inverse
    bound = np.flatnonzero(~rows.is_number)
    wide = _total_spread(rows, spreads)[bound]
    value, first, second = _side(scores[bound], rows.low[bound], rows.high[bound], wide)
    slope[bound], curvature[bound, bound] = first, second
    return Judged(total + float(value.sum()), slope, curvature)


def log_likelihood(rows: Rows, scores: Floats, spreads: Floats) -> Floats:
    """Of many sets of scores with their own spreads, shape ``(n_points,)``.

    Parameters
    ----------
    scores, spreads
        Shapes ``(n_points, n_rows)`` and ``(n_points, 4)``.
    """
    found = np.zeros(len(scores))
    between, rest = _by_row(rows, spreads)
    own = rest**2 + rows.errors**2
    for places in _studies(rows):
        off = rows.seen[places] - scores[:, places]
        weight = 1.0 / own[:, places]
        shared = between[:, places[0]] ** 2
        mass = weight.sum(axis=1)
        pulled = (weight * off).sum(axis=1)
        found -= 0.5 * (
            (weight * off**2).sum(axis=1)
            - shared * pulled**2 / (1.0 + shared * mass)
            + np.log(own[:, places]).sum(axis=1)
            + np.log1p(shared * mass)
        )
    bound = np.flatnonzero(~rows.is_number)
    wide = np.sqrt(own + between**2)[:, bound]
    value, _, _ = _side(scores[:, bound], rows.low[bound], rows.high[bound], wide)
    return np.asarray(found + value.sum(axis=1))


def _by_row(rows: Rows, spreads: Floats) -> tuple[Floats, Floats]:
    """Spread between studies and residual of each row, ``(n_points, n_rows)``."""
    fold = rows.is_fold
    between = np.where(fold, spreads[..., 0:1], spreads[..., 2:3])
    return between, np.where(fold, spreads[..., 1:2], spreads[..., 3:4])


def _total_spread(rows: Rows, spreads: Floats) -> Floats:
    between, rest = _by_row(rows, spreads[None])
    return np.asarray(np.sqrt(between[0] ** 2 + rest[0] ** 2 + rows.errors**2))


def _studies(rows: Rows) -> list[NDArray[np.int64]]:
    """Places of numbers of one study that take the same spreads."""
    groups: dict[tuple[str, bool], list[int]] = {}
    for i, (card, fold) in enumerate(zip(rows.cards, rows.is_fold, strict=True)):
        if np.isfinite(rows.seen[i]):
            groups.setdefault((card, bool(fold)), []).append(i)
    return [np.array(one) for one in groups.values()]


def _blocks(rows: Rows, spreads: Floats) -> list[tuple[NDArray[np.int64], Floats]]:
    between, rest = _by_row(rows, spreads[None])
    found = []
    for places in _studies(rows):
        own = rest[0, places] ** 2 + rows.errors[places] ** 2
        found.append((places, np.diag(own) + between[0, places[0]] ** 2))
    return found


def _side(
    scores: Floats, low: Floats, high: Floats, wide: Floats
) -> tuple[Floats, Floats, Floats]:
    """Logarithm of the probability of lying between, its slope, minus its curvature."""
    from scipy.special import log_ndtr

    a, b = (low - scores) / wide, (high - scores) / wide
    swap = a > 0  # the far tail is taken where it is accurate
    left, right = np.where(swap, -b, a), np.where(swap, -a, b)
    log_right, log_left = log_ndtr(right), log_ndtr(left)
    value = log_right + np.log1p(-np.exp(np.minimum(log_left - log_right, -1e-12)))
    at_a = np.exp(-0.5 * a**2 - value) / np.sqrt(2 * np.pi)
    at_b = np.exp(-0.5 * b**2 - value) / np.sqrt(2 * np.pi)
    slope = at_a - at_b
    bent = np.where(np.isfinite(a), a, 0) * at_a - np.where(np.isfinite(b), b, 0) * at_b
    return value, slope / wide, np.maximum(slope**2 - bent, 0.0) / wide**2
