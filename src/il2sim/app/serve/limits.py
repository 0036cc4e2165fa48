"""`Limits`: how much one request may ask of this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from il2sim.errors import BadStudy

if TYPE_CHECKING:
    from il2sim.formats.study_file import Study


@dataclass(frozen=True)
class Limits:
    """Bounds of the local server; a study beyond them belongs on the command line.

    Attributes
    ----------
    body_bytes
        Of a request.
    quick_subjects, background_subjects, run_subjects
        In an answer while a slider moves, in its refinement, and in a run.
    doses, days, records
        Of a study: doses in all, days followed, recorded times.
    quick_s, background_s, run_s
        How long each may take, [s].
    waiting_runs
        Runs that wait or go on at one time.
    """

    body_bytes: int = 262_144
    quick_subjects: int = 200
    background_subjects: int = 5_000
    run_subjects: int = 100_000
    doses: int = 2_000
    days: float = 730.0
    records: int = 5_000
    quick_s: float = 20.0
    background_s: float = 300.0
    run_s: float = 7_200.0
    waiting_runs: int = 8

    def to_dict(self) -> dict[str, Any]:
        """As shown to the page."""
        return asdict(self)

    def check(self, study: Study, subjects: int, most: int) -> None:
        """Refuse what would keep this machine busy for too long.

        Raises
        ------
        BadStudy
            The study has too many subjects, days, doses or recorded times.
        """
        self._at_most("subjects", subjects, most)
        self._at_most("days", study.days, self.days)
        self._at_most("records", self._records(study), self.records)
        protocol = study.parsed_protocol()
        doses = protocol.courses * len(protocol.regimen.doses)
        self._at_most("doses", doses, self.doses)

    @staticmethod
    def _records(study: Study) -> float:
        """Recorded times at most, counted before they are made."""
        coarse = study.days * 24.0 / study.record_every_h
        days = min(study.record_finely_until_day, study.days)
        return coarse + days * 24.0 / study.record_finely_every_h + len(study.compare)

    @staticmethod
    def _at_most(what: str, got: float, most: float) -> None:
        if not got <= most:
            raise BadStudy(
                f"the study has more {what} than this page carries out.",
                got=f"{got:g}",
                expected=f"at most {most:g}",
                try_="download the study and use 'il2sim run' on the command line",
            )
