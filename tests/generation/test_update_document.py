"""A new document takes one command, whose verdict says what the next release has to announce."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations_client.facts import DOCUMENT_VERSION
from document import read_yaml
from failure import RegenerationError
from new_document import one_document
from places import Places
from update_document import update
from verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "update_document.py"
DOCUMENT = (ROOT / "openapi.yaml").read_bytes()
TEXT = DOCUMENT.decode("utf-8")
LESS = MOST // 3


def page(text: str, info: str = "yaml", fence: str = "````") -> str:
    """A page of documentation with a document in it, and with more that is fenced."""
    return f"# A page\n\n```bash\ncurl\n```\n\n## OpenAPI\n\n{fence}{info}\n{text}\n{fence}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the inputs and of the committed client."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("openapi.yaml", "generator-config.yml"):
        shutil.copy(ROOT / name, root)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generated", root / "generated", ignore=ignored)
    return root


def snapshot(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file()
    }


def written(folder: Path, text: str, name: str = "new.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def run(project: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--root", str(project), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_new_document_takes_the_place_of_the_old(project: Path, tmp_path: Path) -> None:
    """It is taken byte for byte, the client with it; the verdict is the last line."""
    text = TEXT.replace(f"version: '{DOCUMENT_VERSION}'", "version: '0.2'").replace(
        "- system", "- system\n- bot"
    )
    text = text.replace("\n- bot", "\n" + " " * 30 + "- bot")
    done = run(project, written(tmp_path, text))
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    assert last == "verdict: minor"
    assert 'request loosened: SenderRole: the value "bot" is new' in done.stdout
    assert "asapp_conversations_client.models.SenderRole.BOT" in done.stdout
    assert "version 0.2" in done.stdout
    assert (project / "openapi.yaml").read_bytes() == text.encode()
    facts = (project / "generated" / "asapp_conversations_client" / "facts.py").read_text()
    assert '"bot"' in facts


def test_check_touches_nothing(project: Path, tmp_path: Path) -> None:
    """The lines of both documents are told, and all stays as it was."""
    before = snapshot(project)
    changed = "\n" + TEXT.replace(f"maxItems: {MOST}", f"maxItems: {LESS}")
    done = run(project, "--check", written(tmp_path, page(changed), "page.md"))
    assert done.returncode == 0, done.stderr
    limits = [
        number + 1
        for text, limit in ((TEXT, MOST), (changed, LESS))
        for number, line in enumerate(text.splitlines())
        # A list is told by the line that names it.
        if line.strip() == "messages:" and f"maxItems: {limit}" in text
    ]
    assert f"maxItems: {MOST} → {LESS}" in done.stdout
    assert f"(line {limits[0]} → " in done.stdout
    assert done.stdout.endswith("\nverdict: major\n")
    assert snapshot(project) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("  version: '0.1'\n", ""), "version"),
        (TEXT.replace("text:", "words:").replace("- text", "- words"), "no text"),
        ("openapi: [", "cannot be read"),
        (page("no document"), "embeds no OpenAPI document"),
        (page(TEXT, "yaml get /things"), "GET /things"),
    ],
)
def test_what_is_refused_leaves_the_tree(
    project: Path, tmp_path: Path, text: str, words: str
) -> None:
    """A refusal says what is wrong, without a traceback."""
    before = snapshot(project)
    done = run(project, written(tmp_path, text))
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(project) == before


def test_override_that_keeps_a_name_is_proposed(project: Path, tmp_path: Path) -> None:
    """A class that only has another name now can keep the old one."""
    thing = {"type": "object", "properties": {"id": {"type": "string"}}}
    for name in ("Thing", "Item"):
        content = read_yaml(ROOT / "openapi.yaml")
        schema = {"$ref": f"#/components/schemas/{name}"}
        answer = {"description": "done", "content": {"application/json": {"schema": schema}}}
        content["paths"]["/thing"] = {"get": {"operationId": "thing", "responses": {"200": answer}}}
        content["components"]["schemas"] = {name: thing}
        new = written(tmp_path, json.dumps(content), f"{name}.json")
        result = update(project, [new], check=name == "Item")
    assert "  class_overrides: {Item: {class_name: Thing}}" in result.lines
    assert result.verdict is Verdict.MAJOR


def operation(path: str, **components: object) -> str:
    """A document of one operation, as each page has."""
    content = json.loads(json.dumps(read_yaml(ROOT / "openapi.yaml")))
    ((_, item),) = content["paths"].items()
    content["paths"] = {path: {"get": {"responses": item["post"]["responses"]}}}
    content["tags"] = [{"name": path}]
    content["components"]["schemas"] = components
    return json.dumps(content)


def test_pages_of_several_operations_become_one_document(tmp_path: Path) -> None:
    """What two pages say alike is said once, and what only one says is kept."""
    pages = [
        written(tmp_path, page(operation("/one", A={}, B={}), "json get /one"), "one.md"),
        written(tmp_path, page(operation("/two", B={}), "json GET /two"), "two.md"),
        written(tmp_path, TEXT),
    ]
    whole = written(tmp_path, one_document(pages).decode(), "whole.yaml")
    content = read_yaml(whole)
    assert {"/one", "/two"} < content["paths"].keys()
    assert content["components"]["schemas"] == {"A": {}, "B": {}}
    assert [tag["name"] for tag in content["tags"]][:2] == ["/one", "/two"]
    assert read_yaml(ROOT / "openapi.yaml")["paths"].items() <= content["paths"].items()


@pytest.mark.parametrize(
    ("other", "place"),
    [
        (TEXT.replace(f"version: '{DOCUMENT_VERSION}'", "version: '0.2'"), "the document: info"),
        (TEXT.replace(f"maxItems: {MOST}", f"maxItems: {LESS}"), "post: the documents contradict"),
        (TEXT.replace("name: asapp-api-id", "name: id"), "components: securitySchemes: API-ID"),
    ],
)
def test_pages_that_contradict_each_other_are_refused(
    tmp_path: Path, other: str, place: str
) -> None:
    """Nobody guesses which of two is right."""
    paths = [written(tmp_path, TEXT, "one.yaml"), written(tmp_path, other, "other.yaml")]
    with pytest.raises(RegenerationError, match=place):
        one_document(paths)


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), json.dumps(read_yaml(ROOT / "openapi.yaml"))],
)
def test_single_document_is_taken_byte_for_byte(tmp_path: Path, text: str) -> None:
    """Whatever its line ends, its byte order mark and its language."""
    assert one_document([written(tmp_path, text)]) == text.encode()


def test_lines_lead_through_references() -> None:
    """A place is found where the document really says it: in components, parts, under prefixes."""
    text = """\
paths:
  /a:
    post: {$ref: '#/components/x-posts/p'}
components:
  x-posts:
    p:
      parameters:
      - name: limit
        schema:
          allOf:
          - maximum: 3
"""
    places = Places(text.encode())
    way = ("paths", "/v2/a", "post", "parameters", "limit")
    assert places.line(way) == 8
    assert places.line((*way, "schema")) == 9
    assert places.line((*way, "schema", "maximum")) == 11
    assert places.line((*way, "schema", "nothing")) == 9
    assert places.line(()) is None
    assert Places(b"\xff").line(way) is None
