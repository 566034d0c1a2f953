"""Logging: everything under the name `asapp_conversations`, nothing of what messages say."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

logger = logging.getLogger("asapp_conversations")


def configure_logging(environment: Mapping[str, str] = os.environ) -> None:
    """Print this package's records on stderr from the level that `ASAPP_LOG` names, if any."""
    name = environment.get("ASAPP_LOG", "").upper()
    level = logging.getLevelNamesMapping().get(name)
    if level:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(level)
    elif name:
        logger.warning("ASAPP_LOG=%s is not a level; use debug, info, warning or error", name)
