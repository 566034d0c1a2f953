"""The modules of facts say what was read, whatever texts the document has."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from edited import Edited

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from facts import read_facts
from facts_source import contracts_source, facts_source
from names import name_schemas
from normalise import normalise


def test_module_says_what_was_read(tmp_path: Path) -> None:
    """The module holds the facts as they are, in ASCII, whatever texts the document has."""
    document = Edited()
    document.content["info"]["version"] = "0.2"
    document.message["description"] = "quoted \"'\\ {0} \n \u2028 ä \N{GRINNING FACE}"
    document.message["example"] = [None, True, 1.5, {}]
    normalised = normalise(document.content)
    facts, contracts = read_facts(normalised, name_schemas(normalised), "f00d")
    assert facts_source(facts).isascii()
    assert contracts_source(contracts).isascii()
    path = tmp_path / "written.py"
    path.write_text(facts_source(facts), "utf-8")
    module: dict[str, Any] = run_path(str(path))
    assert module["DOCUMENT_VERSION"] == "0.2"
    assert module["DOCUMENT_SHA256"] == "f00d"
    assert module["SERVER_URLS"] == facts.server_urls
    assert module["WORDS"] == facts.words
    assert module["OPERATIONS"] == facts.operations
    assert module["BATCH"] == facts.batch
    assert module["BATCH"].operation in module["OPERATIONS"]
    assert all(name in module for name in module["__all__"])
