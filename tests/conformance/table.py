"""The one list of endpoints that must be exercised, and what has been validated of each."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Row:
    """An endpoint with the statuses that a run must have validated."""

    section: str
    method: str
    path: str
    wanted: set[int]
    validated: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    problems: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[int]:
        """The statuses that were never validated."""
        return sorted(self.wanted - set(self.validated))

    def line(self) -> str:
        """The row as text."""
        seen = " ".join(f"{status}×{count}" for status, count in sorted(self.validated.items()))
        note = f"  MISSING {self.missing}" if self.missing else ""
        bad = f"  {len(self.problems)} PROBLEMS" if self.problems else ""
        return f"{self.method:6} {self.path:76} {seen or '-'}{note}{bad}"


def read_table(path: Path) -> dict[tuple[str, str], Row]:
    """Reads `METHOD path status…` lines under `# section` headings."""
    rows: dict[tuple[str, str], Row] = {}
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.strip():
            method, template, *statuses = line.split()
            rows[(method, template)] = Row(section, method, template, {int(one) for one in statuses})
    return rows
