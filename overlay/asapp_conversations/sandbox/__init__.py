"""A local stand-in for the API, made from the document that ships with the generated client."""

from .server import SandboxServer, serve

__all__ = ["SandboxServer", "serve"]
