"""What the comparisons of schemas and of Python say of each kind of change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from api_stubs import MODULES, write_stubs
from python_changes import python_changes
from schema_changes import SchemaComparison, Site
from update_report import next_version
from verdict import Verdict, demanded, worst

ROOT = Path(__file__).resolve().parents[2]
LESS, MORE, OTHER, WORDS = "tightened", "loosened", "changed", "reworded"
A, B = {"const": "a"}, {"const": "b"}

PAIRS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"type": "string"}, {}, MORE),
    ({"type": "number"}, {"type": "integer"}, LESS),
    ({"type": "string"}, {"type": "integer"}, OTHER),
    ({"type": "string"}, {"type": ["string", "null"]}, MORE),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, MORE),
    ({"enum": ["a", "b"]}, {"const": "a"}, LESS),
    ({"type": "string"}, {"type": "string", "enum": ["a"]}, LESS),
    ({"maximum": 3}, {"maximum": 4}, MORE),
    ({"minLength": 1}, {"minLength": 2}, LESS),
    ({"exclusiveMinimum": 0}, {}, MORE),
    ({}, {"pattern": "^a"}, LESS),
    ({"pattern": "^a"}, {"pattern": "^b"}, OTHER),
    ({"format": "email"}, {}, MORE),
    ({}, {"format": "date-time"}, OTHER),
    ({}, {"uniqueItems": True}, LESS),
    ({"items": {"type": "string"}}, {"items": {"type": ["string", "null"]}}, MORE),
    ({}, {"items": {}}, LESS),
    ({}, {"additionalProperties": False}, LESS),
    ({"additionalProperties": {"type": "string"}}, {"additionalProperties": {}}, MORE),
    (
        {"additionalProperties": {"type": "string"}},
        {"additionalProperties": {"type": "string", "maxLength": 3}},
        LESS,
    ),
    ({"properties": {"a": {}}}, {"properties": {"a": {}}, "required": ["a"]}, LESS),
    ({"required": ["a"]}, {}, MORE),
    ({"oneOf": [A]}, {"oneOf": [A, B]}, MORE),
    ({"anyOf": [A, B]}, {"anyOf": [B]}, LESS),
    ({"oneOf": [A, B]}, {"oneOf": [B, A]}, "none"),
    ({"oneOf": [A, {"maximum": 3}]}, {"oneOf": [A, {"maximum": 4}]}, MORE),
    ({"oneOf": [A]}, {"oneOf": [B, {}]}, OTHER),
    ({"oneOf": [A, B]}, {}, MORE),
    (
        {"allOf": [{"enum": [1]}, {"enum": [2]}]},
        {"allOf": [{"enum": [1]}, {"enum": [2]}, {"enum": [3]}]},
        LESS,
    ),
    ({}, {"not": {"type": "string"}}, OTHER),
    ({"default": 1}, {"default": 2}, OTHER),
    ({"multipleOf": 2}, {"multipleOf": 4}, OTHER),
    ({}, {"deprecated": True}, "deprecated"),
    ({"description": "one"}, {"description": "other", "example": 3}, WORDS),
    ({"properties": {"a": True}}, {"properties": {"a": True}}, "none"),
]
EFFECTS = {
    "request": {LESS: 3, MORE: 2, OTHER: 3, "deprecated": 2, WORDS: 1},
    "answer": {LESS: 2, MORE: 3, OTHER: 3, "deprecated": 2, WORDS: 1},
}


@pytest.mark.parametrize("side", ["request", "answer"])
@pytest.mark.parametrize(("old", "new", "kind"), PAIRS)
def test_direction_counts(side: str, old: dict[str, Any], new: dict[str, Any], kind: str) -> None:
    """A request that allows less breaks its sender, an answer that allows more its reader."""
    site = Site(side, "it", ("old",), ("new",))
    found = [*SchemaComparison({}, {}).compare(site, old, new)]
    assert {each.kind for each in found} == ({kind} - {"none"})
    assert worst(found) == EFFECTS[side].get(kind, 0)


def test_schema_that_contains_itself_ends() -> None:
    """A named schema is compared once for each side."""
    tree = {"properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    deeper = {**tree, "maxProperties": 3}
    comparison = SchemaComparison({"Tree": tree}, {"Tree": deeper})
    reference = {"$ref": "#/components/schemas/Tree"}
    found = [*comparison.compare(Site("request", "it", (), ()), reference, reference)]
    assert [each.subject for each in found] == ["Tree"]
    assert [*comparison.compare(Site("request", "it", (), ()), reference, reference)] == []


STUBS: list[tuple[str, str, Verdict]] = [
    ("def f(a: int) -> int: ...", "def f(a: int) -> int: ...", Verdict.NONE),
    ("def f(a: int): ...", "def f(a: int, *, b: int = 1): ...", Verdict.MINOR),
    ("def f(a: int): ...", "def f(a: int, b: int): ...", Verdict.MAJOR),
    ("def f(a: int): ...", "def f(): ...", Verdict.MAJOR),
    ("def f(a: int = 1): ...", "def f(a: int = 2): ...", Verdict.MAJOR),
    ("def f(a: int): ...", "def f(a: int | str): ...", Verdict.MINOR),
    ("def f(a: int | str): ...", "def f(a: int): ...", Verdict.MAJOR),
    ("def f() -> int | None: ...", "def f() -> int: ...", Verdict.MINOR),
    ("def f() -> int: ...", "def f() -> int | None: ...", Verdict.MAJOR),
    ("a: int", "a: int | None", Verdict.MAJOR),
    ("def f(): ...", "", Verdict.MAJOR),
    ("", "def f(): ...", Verdict.MINOR),
    ("class A:\n    X = 'x'", "class A:\n    X = 'y'", Verdict.MAJOR),
    ("class A:\n    X = 'x'", "class A:\n    X = 'x'\n    Y = 'y'", Verdict.MINOR),
    ("class A(B, C): ...", "class A(B): ...", Verdict.MAJOR),
    (
        "class A:\n    def __init__(self, *, a: int): ...",
        "class A:\n    def __init__(self, *, a: int, b: int): ...",
        Verdict.MAJOR,
    ),
]


def stubs(folder: Path, text: str) -> Path:
    folder.mkdir()
    names = [line.split()[1].partition("(")[0].strip(":") for line in text.splitlines()[:1]]
    names = ["a"] if text.startswith("a:") else names
    (folder / "module.pyi").write_text(f"__all__ = {names}\n{text}\n")
    return folder


@pytest.mark.parametrize(("old", "new", "verdict"), STUBS)
def test_python_for_a_user(tmp_path: Path, old: str, new: str, verdict: Verdict) -> None:
    """What a program has to change is major, what it may use is minor."""
    found = python_changes(stubs(tmp_path / "old", old), stubs(tmp_path / "new", new))
    assert worst(found) is verdict, found


def test_module_that_is_gone(tmp_path: Path) -> None:
    """An operation that has another name is another module."""
    old, new = stubs(tmp_path / "old", "a: int"), stubs(tmp_path / "new", "a: int")
    (new / "module.pyi").rename(new / "other.pyi")
    kinds = {each.subject: each.kind for each in python_changes(old, new)}
    assert kinds == {"module": "removed", "other": "added"}


def test_stubs_show_what_no_source_does(tmp_path: Path) -> None:
    """Constructors of attrs and members of base classes stand in them, and no address does."""
    folders = [ROOT / name for name in ("generated", "overlay", "emulator", "importer")]
    write_stubs(tmp_path, folders)
    found = {path.stem: path.read_text() for path in tmp_path.glob("*.pyi")}
    assert {*MODULES} < found.keys()
    models = found["asapp_conversations_client.models"]
    assert "def __init__(self, *, role: SenderRole, external_id: str): ..." in models
    assert "from asapp_conversations_client.models import Message" in found["asapp_conversations"]
    assert "def create_messages(" in found["asapp_conversations"]
    assert " at 0x" not in "".join(found.values())
    write_stubs(tmp_path / "again", folders)
    assert python_changes(tmp_path, tmp_path / "again") == []


@pytest.mark.parametrize(
    ("released", "verdict", "version"),
    [
        ("1.2.3", Verdict.NONE, "1.2.3"),
        ("1.2.3", Verdict.PATCH, "1.2.4"),
        ("1.2.3", Verdict.MINOR, "1.3.0"),
        ("1.2.3", Verdict.MAJOR, "2.0.0"),
    ],
)
def test_version_announces_the_verdict(released: str, verdict: Verdict, version: str) -> None:
    """The next version is the least that says what has changed."""
    assert next_version(released, verdict) == version
    assert demanded(released, version) is verdict
    assert demanded("0.2.1", "0.3.0") is Verdict.MAJOR
