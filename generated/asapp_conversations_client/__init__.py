# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""A client library for accessing Conversations API"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
