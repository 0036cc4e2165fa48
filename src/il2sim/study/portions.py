"""A population in portions: solved one after the other, kept as they come.

Subjects never influence each other, so a population may be cut anywhere: the bits of a
subject do not depend on the portion in which it is solved.
"""

from __future__ import annotations

from collections.abc import Iterator


def portions(n: int, size: int) -> Iterator[range]:
    """Cut subjects 0 to n - 1 into runs of at most `size`.

    Examples
    --------
    >>> list(portions(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    for first in range(0, n, size):
        yield range(first, min(first + size, n))


def next_size(solved: int, took_s: float, *, aim_s: float, most: int) -> int:
    """How many subjects to solve next, so that it takes about `aim_s`.

    Parameters
    ----------
    solved, took_s
        Size of the last portion, and how long it took, [s].
    aim_s, most
        How long the next one should take, [s], and its largest size. It is at most four
        times the last: the first ones include work that is done once.

    Examples
    --------
    >>> next_size(16, 0.02, aim_s=1.0, most=250)
    64
    >>> next_size(16, 32.0, aim_s=1.0, most=250)
    1
    """
    fair = int(solved * aim_s / max(took_s, 1e-9))
    return max(1, min(fair, 4 * solved, most))
