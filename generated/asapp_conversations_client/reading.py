# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""Reads an answer into its model, tolerantly: a success stays one whatever its body holds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import httpx

from .client import AuthenticatedClient, Client

T = TypeVar("T")

logger = logging.getLogger(__name__)


def read_answer(
    parse: Callable[..., T],
    client: AuthenticatedClient | Client,
    response: httpx.Response,
) -> T | None:
    """The model of an answer; None, with a warning in the log, if it is not as documented."""
    try:
        return parse(client=client, response=response)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        # The error's own words may quote the answer.
        logger.warning(
            "the answer %s to %s %s is not as documented (%s)",
            response.status_code,
            response.request.method,
            response.request.url.path,
            type(error).__name__,
        )
        return None


def read_status(response: httpx.Response) -> HTTPStatus | int:
    """The status; a number where Python has no name for it."""
    try:
        return HTTPStatus(response.status_code)
    except ValueError:
        return response.status_code
