"""Makes one document of what ASAPP publishes: a document, or pages that embed one each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from document import read_yaml
from failure import RegenerationError
from normalise import METHODS
from ruamel.yaml import YAML

FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*\r?$",
    re.MULTILINE | re.DOTALL,
)
"""A fenced block of Markdown that begins at the margin, where YAML has no fence."""

EMBEDDED = re.compile(r"""^[\s{]*["']?(openapi|swagger)["']?\s*:""", re.MULTILINE)
OPERATION = re.compile(rf"(?:^|\s)(?P<method>{'|'.join(METHODS)})\s+(?P<path>/\S*)", re.IGNORECASE)

Node = dict[str, Any]


def one_document(paths: Sequence[Path]) -> bytes:
    """The text of the one document that the files hold together.

    A single document is taken byte for byte; several are merged.

    Raises:
        RegenerationError: a file cannot be read or holds no document, or two contradict each other.
    """
    texts = [text for path in paths for text in embedded(path)]
    if len(texts) == 1:
        return texts[0]
    whole: Node = {}
    with TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            part = Path(folder, f"document {number + 1} of {len(texts)}")
            part.write_bytes(text)
            whole = merged(whole, read_yaml(part))
    stream = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.dump(whole, stream)
    return stream.getvalue().encode("utf-8")


def embedded(path: Path) -> list[bytes]:
    """The text of each document in a file: the file itself, or what stands in a page's fences."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise RegenerationError(f"{path.name}: cannot be read: {error}") from error
    fences = [*FENCE.finditer(text)]
    if not fences:
        return [content]
    found = []
    for fence in fences:
        if EMBEDDED.search(fence["text"]):
            check_operation(path.name, fence["info"], fence["text"])
            found.append(fence["text"].encode("utf-8"))
    if not found:
        raise RegenerationError(
            f"{path.name}: the page embeds no OpenAPI document (a fenced block of YAML or JSON that "
            "names its version, as in `openapi: 3.0.1`)"
        )
    return found


def check_operation(name: str, info: str, text: str) -> None:
    """Raise unless the document has the operation that its fence names, if it names one."""
    named = OPERATION.search(info)
    if named is None:
        return
    with TemporaryDirectory() as folder:
        part = Path(folder, name)
        part.write_text(text, encoding="utf-8")
        paths = read_yaml(part).get("paths")
    item = paths.get(named["path"]) if isinstance(paths, dict) else None
    if not isinstance(item, dict) or named["method"].lower() not in item:
        raise RegenerationError(
            f"{name}: its fence names {named['method'].upper()} {named['path']}, which the document "
            "in it does not have"
        )


def merged(one: Node, other: Node) -> Node:
    """Two documents in one: what both have must be equal.

    Raises:
        RegenerationError: they say different things about the same place.
    """
    whole = union(one, other, "the document", apart={"components", "paths", "tags"})
    paths = union(one.get("paths", {}), other.get("paths", {}), "paths", apart=None)
    for path in paths:
        pair = (each.get("paths", {}).get(path, {}) for each in (one, other))
        paths[path] = union(*pair, f"paths: {path}", apart={})
    components: Node = {}
    for kind in {**one.get("components", {}), **other.get("components", {})}:
        pair = (each.get("components", {}).get(kind, {}) for each in (one, other))
        components[kind] = union(*pair, f"components: {kind}", apart={})
    tags: Node = {}
    for document in (one, other):
        named = {each["name"]: each for each in document.get("tags", ())}
        tags = union(tags, named, "tags", apart={})
    parts = {"tags": [*tags.values()], "paths": paths, "components": components}
    return {**whole, **{key: part for key, part in parts.items() if part}}


def union(one: Node, other: Node, place: str, *, apart: Any) -> Node:
    """Two mappings in one; `apart` are names that are not compared, and None stands for all."""
    for key in one.keys() & other.keys():
        compared = apart is not None and key not in apart
        if compared and one[key] != other[key]:
            raise RegenerationError(f"{place}: {key}: the documents contradict each other")
    return {**one, **other}
