"""The emulator: a local stand-in for the API, made from the document that ships with the client."""

try:
    from .faults import Fault
    from .journal import Request
    from .server import Emulator
    from .service import Behaviour
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error.name} is missing: python -m pip install 'asapp-conversations[emulator]'",
        name=error.name,
    ) from None

__all__ = ["Behaviour", "Emulator", "Fault", "Request"]
