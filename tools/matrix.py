"""Check every combination and show a table: `make matrix`.

--only jwt      combinations whose name contains this
--changed       the smallest and the largest, and those that have a part whose files changed since the last commit
--jobs 3        how many at once, one more than there are cores unless told
--html FILE     where the table goes as a page, matrix.html unless told
"""

import argparse
import html
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from . import checks, commands, databases, renders
from .combinations import COMBINATIONS, ROOT, SLUG, Combination, Part, parts
from .servers import MissingProgramError


@dataclass
class Row:
    """One combination, and what failed in it or found no server."""

    combination: Combination
    seconds: float = 0
    failures: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """What the checks said that did not pass, by name."""
        return self.skipped | self.failures


STEPS = ["render", *checks.CHECKS]


def main() -> None:
    """Run the matrix; the exit code tells whether all is well."""
    options = parse()
    chosen = list(choose(options.only, changed=options.changed))
    with tempfile.TemporaryDirectory() as folder, databases.provided():
        template = renders.snapshot(Path(folder) / "template")
        rows = list(run_all(template, chosen, options.jobs))
    rows.sort(key=lambda row: COMBINATIONS.index(row.combination))
    print(text_table(rows))
    Path(options.html).write_text(html_table(rows))
    sys.exit(any(row.failures for row in rows) or not rows)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1)
    parser.add_argument("--html", default=str(ROOT / "matrix.html"))
    return parser.parse_args()


def choose(only: str, *, changed: bool) -> Iterator[Combination]:
    """Yield the combinations to run."""
    names = changed_files() if changed else []
    for combination in COMBINATIONS:
        if only in str(combination) and (not changed or is_due(combination, names)):
            yield combination


def changed_files() -> list[str]:
    """List what differs from the last commit, as paths in a rendered project."""
    changed = renders.git(ROOT, "diff", "--name-only", "HEAD").splitlines()
    changed += renders.git(ROOT, "ls-files", "--others", "--exclude-standard").splitlines()
    paths = [name.removeprefix("template").removesuffix(".jinja") for name in changed]
    return [path.replace("<<project_slug>>", SLUG) for path in paths]


def is_due(combination: Combination, changed: list[str]) -> bool:
    """Tell whether a combination is one of the two ends, or has a part that changed."""
    return combination in (COMBINATIONS[0], COMBINATIONS[-1]) or any(
        is_of(part, name) for part in parts(combination) if part.chosen for name in changed
    )


def is_of(part: Part, name: str) -> bool:
    """Tell whether a file is one of a part's, or a fragment that is named after it."""
    if name.startswith("includes/"):
        return part.name in name
    return any(f"{name}/".startswith(f"{path}/") for path in part.paths)


def run_all(template: Path, chosen: list[Combination], jobs: int) -> Iterator[Row]:
    """Check combinations side by side, with a progress bar."""
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(run_one, template, combination) for combination in chosen]
        for done, future in enumerate(as_completed(running), 1):
            row = future.result()
            show_progress(done, len(chosen), row)
            yield row


def show_progress(done: int, total: int, row: Row) -> None:
    """Draw the bar; where there is no terminal, a line per combination."""
    bar = ("█" * (30 * done // total)).ljust(30, "░")
    verdict = ", ".join(row.failures) or ("not all tested" if row.skipped else "passed")
    end = "\r" if sys.stderr.isatty() and done < total else "\n"
    print(f"{bar} {done}/{total} {row.combination!s:40} {verdict:20}", end=end, file=sys.stderr, flush=True)


def run_one(template: Path, combination: Combination) -> Row:
    """Render one combination and run every check on it."""
    started = time.monotonic()
    row = Row(combination)
    with tempfile.TemporaryDirectory() as folder:
        try:
            project = commands.desk(renders.render(template, Path(folder) / "project", combination.answers))
        except Exception as error:
            row.failures["render"] = str(error)
        else:
            for check in checks.due(combination):
                try_check(row, project, check)
    row.seconds = time.monotonic() - started
    return row


def try_check(row: Row, project: Path, check: str) -> None:
    """Run one check. One that finds no server is skipped, and a failure where CI runs."""
    try:
        said = checks.complaint(project, check)
    except MissingProgramError as missing:
        (row.failures if os.environ.get("CI") else row.skipped)[check] = f"NOT TESTED: {missing}"
    else:
        if said:
            row.failures[check] = said


def cells(row: Row) -> list[str]:
    """Return a row's marks, one per step."""
    done = ["render"] if "render" in row.failures else ["render", *checks.due(row.combination)]
    tried = set(done) - row.skipped.keys()
    return ["FAIL" if step in row.failures else "ok" if step in tried else "-" for step in STEPS]


def text_table(rows: list[Row]) -> str:
    """Return the table as text, followed by the output of each failure."""
    lines = [f"{'combination':40} {' '.join(f'{step:>12}' for step in STEPS)}  seconds"]
    lines += [f"{row.combination!s:40} {' '.join(f'{x:>12}' for x in cells(row))} {row.seconds:8.1f}" for row in rows]
    said = [f"\n{row.combination} {step}\n{text}" for row in rows for step, text in row.said.items()]
    passed = sum(not row.said for row in rows)
    return "\n".join([*lines, *said, f"{passed} of {len(rows)} combinations passed"])


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Combinations</title>
<style>
body {{ font: 15px system-ui, sans-serif; margin: 2rem; color: #222; }}
td, th {{ padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: left; }}
.ok {{ color: #17692c; }} .FAIL {{ color: #b3261e; font-weight: bold; }}
pre {{ background: #f6f6f6; padding: 1rem; overflow: auto; }}
</style>
<h1>{passed} of {total} combinations passed</h1>
<table><tr><th>combination</th>{head}<th>seconds</th></tr>
{body}
</table>
{details}
</html>
"""


def html_table(rows: list[Row]) -> str:
    """Return the table as one self-contained page."""
    return PAGE.format(
        passed=sum(not row.said for row in rows),
        total=len(rows),
        head="".join(f"<th>{step}</th>" for step in STEPS),
        body="\n".join(map(html_row, rows)),
        details="\n".join(map(html_details, rows)),
    )


def html_row(row: Row) -> str:
    """Return the row of one combination."""
    marks = "".join(f'<td class="{mark}">{mark}</td>' for mark in cells(row))
    return f"<tr><td>{row.combination}</td>{marks}<td>{row.seconds:.1f}</td></tr>"


def html_details(row: Row) -> str:
    """Return the output of a combination's failures."""
    said = [f"<h2>{row.combination}: {step}</h2><pre>{html.escape(x)}</pre>" for step, x in row.said.items()]
    return "\n".join(said)


if __name__ == "__main__":
    main()
