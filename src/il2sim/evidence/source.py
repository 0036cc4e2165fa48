"""`Source`: one paper, label or data set, with its identifier.

A source without an identifier keeps its citation and says that the identifier is
missing; none is ever invented. This file knows no numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

MISSING = "identifier missing"
"""What stands where a source has no identifier that we know."""


@dataclass(frozen=True)
class Source:
    """Where a number comes from.

    Attributes
    ----------
    key
        The handle of the source in the tables, such as ``"konrad1990"``.
    author, year, journal
        As far as they are known; empty text otherwise.
    about
        What the source is about, in our words; not its title.
    doi, pmid, pmcid, nct
        Identifiers of the paper (DOI, PubMed, PubMed Central) or the trial.

    Examples
    --------
    >>> konrad = Source("konrad1990", author="Konrad", year="1990", pmid="2317789")
    >>> konrad.identifier
    'pmid:2317789'
    >>> print(konrad)
    Konrad 1990, pmid:2317789
    """

    key: str
    author: str = ""
    year: str = ""
    journal: str = ""
    about: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    nct: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every identifier with its kind, such as ``"doi:10.1038/mt.2014.50"``."""
        kinds = ("doi", "pmid", "pmcid", "nct")
        return tuple(
            f"{kind}:{getattr(self, kind)}" for kind in kinds if self._has(kind)
        )

    @property
    def identifier(self) -> str:
        """The best identifier, or ``"identifier missing"``."""
        return next(iter(self.identifiers), MISSING)

    @property
    def citation(self) -> str:
        """Author, year and journal; what it is about where those are not known.

        Examples
        --------
        >>> Source("label", about="Swiss label of Proleukin").citation
        'Swiss label of Proleukin'
        """
        who = " ".join(part for part in (self.author, self.year) if part)
        parts = [who, self.journal] if self.author else [self.about, self.journal, who]
        return ", ".join(part for part in parts if part) or self.identifier

    def _has(self, kind: str) -> bool:
        return bool(getattr(self, kind))

    def __str__(self) -> str:
        if self.citation == self.identifier:
            return self.citation
        return f"{self.citation}, {self.identifier}"
