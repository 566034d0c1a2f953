"""Each change of the document has its right verdict, in the API's terms and for Python."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from changes import CHANGES, Change
from edited import Edited
from verdicts import IN_PYTHON_ALONE, VERDICTS

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from api_changes import api_changes, left_out_changes
from names import name_schemas
from normalise import normalise
from placement import operations_elsewhere
from verdict import worst

CARRIED = [change for change in CHANGES if change.refused is None]


def normal(content: dict[str, Any], left_out: dict[str, str]) -> dict[str, Any]:
    """A document in its normal form, as a regeneration writes it; `left_out` is filled."""
    while True:
        normalised = normalise(content, dict(left_out))
        place = name_schemas(normalised)
        left_out |= normalised.left_out
        elsewhere = operations_elsewhere(normalised.document, place.path, place.method)
        if not elsewhere:
            written: dict[str, Any] = json.loads(json.dumps(normalised.document))
            return written
        left_out |= elsewhere


@cache
def released() -> dict[str, Any]:
    return normal(Edited().content, {})


def test_every_change_has_a_verdict() -> None:
    """What must work is judged, and nothing else is."""
    assert {change.name for change in CARRIED} == VERDICTS.keys()


@pytest.mark.parametrize("change", CARRIED, ids=lambda change: change.name)
def test_verdict_in_the_terms_of_the_api(change: Change) -> None:
    """The comparison of the documents alone, which no generation is needed for."""
    document = Edited()
    change.edit(document)
    left_out: dict[str, str] = {}
    if change.left_out:
        # What only the generator finds out about is told here.
        added = document.content["paths"].keys() - released()["paths"].keys()
        left_out = {
            f"{method.upper()} {path}": change.left_out
            for path in added
            for method in document.content["paths"][path]
        }
    changes = api_changes(released(), normal(document.content, left_out))
    changes += left_out_changes({}, left_out)
    assert worst(changes) == IN_PYTHON_ALONE.get(change.name, VERDICTS[change.name]), changes
    assert all(each.what and each.why and each.subject for each in changes)


@pytest.mark.parametrize("change", CARRIED, ids=lambda change: change.name)
def test_verdict_of_a_step_back(change: Change) -> None:
    """What one change adds, its undoing takes: no step is harmless both ways, unless it is words."""
    document = Edited()
    change.edit(document)
    there = normal(document.content, {"PUT /notes": "text"})
    forth, back = worst(api_changes(released(), there)), worst(api_changes(there, released()))
    assert (forth <= 1) == (back <= 1)
    assert max(forth, back) != 2
