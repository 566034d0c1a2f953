"""What ASAPP and its gateway publish outside the OpenAPI document, each fact with its source.

Sources:
    overview: https://docs.asapp.com/getting-started/developers, API overview
    error handling: https://docs.asapp.com/getting-started/developers/error-handling
    rate limits: https://docs.asapp.com/getting-started/developers/rate-limits
    gateway: https://docs.apigee.com/api-platform/reference/limits
"""

from typing import Final

PRODUCTION_URL: Final = "https://api.asapp.com"
"""The server of the production environment (overview)."""

SANDBOX_URL: Final = "https://api.sandbox.asapp.com"
"""The server of the sandbox, for a document that does not name it (overview)."""

ERROR_DETAILS: Final[tuple[str, ...]] = ("requestId", "message", "code")
"""What the object `error` of an answer tells, as far as it does (error handling)."""

REQUESTS_PER_SECOND: Final = 100.0
"""Spike arrest per product; a gateway smooths it to one request every 10 ms (rate limits)."""

DAILY_REQUESTS: Final = {"sandbox": 10_000, "production": 50_000}
"""How many requests a UTC day may have, unless ASAPP has agreed to more (rate limits)."""

RETRIES: Final = 3
"""How many times a failed request is sent again (rate limits)."""

RATE_LIMITED_FIRST_DELAY: Final = 1.0
"""Seconds before the first retry of a 429; doubled for each further one (rate limits)."""

FAILED_FIRST_DELAY: Final = 0.25
"""Seconds before the first retry of a 5xx or a lost connection; doubled each time (rate limits)."""

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""The largest request body that the gateway takes (gateway)."""
