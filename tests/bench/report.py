"""One line of the result: what was measured, what it may be, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A measured value and its bound, in one unit; ``least`` turns the bound into a lower one."""

    what: str
    value: float
    bound: float
    unit: str
    note: str = ""
    least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.bound if self.least else self.value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        verdict = "yes" if self.holds else "NO "
        measured = f"{self.value:>9.4g} {sign} {self.bound:<7.4g} {self.unit:<8}"
        return f"{verdict}  {self.what:<58} {measured} {self.note}".rstrip()


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0 … 1) of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
