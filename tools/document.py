"""Reads an OpenAPI document, be it YAML or JSON, and refuses what is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from failure import RegenerationError
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError

CARRIED = re.compile(r"3\.[01]\.\d+(-.*)?")
"""The versions of OpenAPI that are carried."""

MOST_WORDS = 300  # characters; the checker quotes whole parts of the document

Node = Mapping[str, Any]


class _JsonConstructor(SafeConstructor):
    """Makes of a date without quotes the text that it is in JSON."""


_JsonConstructor.add_constructor("tag:yaml.org,2002:timestamp", _JsonConstructor.construct_yaml_str)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a name that comes twice has two meanings, as in YAML."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"duplicate key {next(it for it in names if names.count(it) > 1)!r}")
    return content


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file of YAML or JSON, as JSON has it; empty where there is nothing.

    Raises:
        RegenerationError: it cannot be read, is no mapping, or holds what JSON cannot say.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _JsonConstructor
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = (
            json.loads(text, object_pairs_hook=_mapping)
            if text.lstrip()[:1] == "{"
            else yaml.load(text) or {}
        )
        # Names such as 200 are texts in JSON, and what a YAML alias shares becomes two.
        content = json.loads(json.dumps(content, allow_nan=False))
    except (OSError, ValueError, TypeError, RecursionError, YAMLError) as error:
        raise RegenerationError(f"{path.name}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RegenerationError(f"{path.name}: a mapping is expected")
    return content


def read_document(path: Path) -> dict[str, Any]:
    """The OpenAPI document in a file, valid by its own version's rules.

    Raises:
        RegenerationError: it is none, or one of a version that is not carried.
    """
    document = read_yaml(path)
    version = document.get("openapi", document.get("swagger", "a document that names no version"))
    if not CARRIED.fullmatch(str(version)):
        raise RegenerationError(f"{path.name}: OpenAPI 3.0 and 3.1 are carried, not {version}")
    try:
        validate(document)
    except OpenAPIValidationError as error:
        place = "/".join(map(str, getattr(error, "absolute_path", ())))
        words = str(getattr(error, "message", error)).partition("\n")[0]
        if len(words) > MOST_WORDS:
            # It quotes what stands there, and then says what is wrong with it.
            words = f"{words[: MOST_WORDS // 2]} … {words[-MOST_WORDS // 2 :]}"
        raise RegenerationError(f"{path.name}: {place or 'the document'}: {words}") from None
    except Exception as error:  # noqa: BLE001
        # A reference that leads nowhere or out of the document; its class is another library's.
        deep = ": perhaps a reference that leads to itself" * isinstance(error, RecursionError)
        raise RegenerationError(f"{path.name}: cannot be checked: {error}{deep}") from None
    return document
