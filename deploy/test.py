"""`./ocop test`: everything that CI runs, in its order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from deploy.local.layout import checkout_root


def checks() -> dict[str, list[str]]:
    """Return every check before the tests, by the name that a person reads, with its command."""
    python = [sys.executable, "-m"]
    return {
        "ruff check": [*python, "ruff", "check"],
        "ruff format": [*python, "ruff", "format", "--check"],
        "mypy": [*python, "mypy", "--strict", "services", "shared", "deploy", "tests"],
        "lint-imports": [str(Path(sys.executable).with_name("lint-imports"))],
    }


def run(arguments: Sequence[str] = ()) -> int:
    """Run every check, then pytest with the arguments, whose summary comes last; return 0 where all passed."""
    failed = []
    for name, command in checks().items():
        typer.echo(f"── {name}")
        if subprocess.run(command, cwd=checkout_root(), check=False).returncode != 0:
            failed.append(name)
    typer.echo(f"── không đạt / failed: {', '.join(failed) if failed else '0'}")
    tests = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=checkout_root(), check=False)
    return tests.returncode or (1 if failed else 0)


def test(context: typer.Context) -> None:
    """Kiểm tra toàn bộ như CI; tham số thêm chuyển cho pytest. / Run all that CI runs; more arguments go to pytest."""
    raise typer.Exit(run(context.args))
