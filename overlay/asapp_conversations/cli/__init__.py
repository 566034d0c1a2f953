"""The command line; `main` is its entry point."""

from __future__ import annotations

import sys

EXTRAS = frozenset(
    {
        "duckdb",
        "filelock",
        "httptools",
        "orjson",
        "pyarrow",
        "rich",
        "starlette",
        "typer",
        "uvicorn",
    }
)
"""What the extras bring."""


def main() -> None:
    """Run the command line, or say how to install what it needs."""
    try:
        from .app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS:
            raise
        sys.stderr.write(
            f"The command line needs {error.name}: "
            "python -m pip install 'asapp-conversations[cli]'\n"
        )
        sys.exit(2)
    app()
