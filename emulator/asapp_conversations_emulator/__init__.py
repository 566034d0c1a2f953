"""The emulator: a local stand-in for the API, made from the document that ships with the client."""

from .faults import Fault
from .journal import Request
from .server import Emulator
from .service import Behaviour

__all__ = ["Behaviour", "Emulator", "Fault", "Request"]
