"""A local stand-in for the API, made from the document that ships with the generated client."""

from .faults import Fault
from .journal import Request
from .server import SandboxServer

__all__ = ["Fault", "Request", "SandboxServer"]
