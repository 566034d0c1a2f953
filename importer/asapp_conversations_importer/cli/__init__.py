"""The commands `import`, `plan`, `status` and `rejects`."""

from .app import run

__all__ = ["run"]
