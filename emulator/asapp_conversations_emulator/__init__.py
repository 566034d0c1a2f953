"""The emulator: a local stand-in for the API, made from the document that ships with the client."""

from .faults import Fault
from .journal import Request
from .server import Emulator

__all__ = ["Emulator", "Fault", "Request"]
