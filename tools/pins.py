"""Compile the pinned requirements: `make pins`.

Hashes pin what is installed; addresses of package indexes stay out, so that any mirror serves. `rendered.txt` is the
union of what all parts need: one environment in which every rendered project can be checked. `bench.txt` is what
`make bench` compares with.
"""

import subprocess

from .combinations import COMBINATIONS, ROOT, parts

COMPILE = "uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --quiet"
HEADER = ["--custom-compile-command", "make pins"]


def rendered_requirements() -> list[str]:
    """Return every requirement of every part, chosen or not."""
    return sorted({requirement for part in parts(COMBINATIONS[0]) for requirement in part.requirements})


def main() -> None:
    """Write all three files."""
    command = [*COMPILE.split(), *HEADER]
    for group, file in (("dev", "template"), ("bench", "bench")):
        output = ["--output-file", f"requirements/{file}.txt"]
        subprocess.run([*command, "--group", group, *output], cwd=ROOT, check=True)
    lines = "\n".join(rendered_requirements())
    rendered = [*command, "--output-file", "requirements/rendered.txt", "-"]
    subprocess.run(rendered, cwd=ROOT, check=True, input=lines, text=True)


if __name__ == "__main__":
    main()
