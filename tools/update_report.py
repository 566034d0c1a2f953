"""Says what a new document changes: for people, for the CHANGELOG, for the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import griffe
from places import Places
from python_changes import load
from verdict import Change, Verdict, numbers, worst

MODELS = "asapp_conversations_client.models"


def report(
    api: Sequence[Change], python: Sequence[Change], old: Places, new: Places
) -> Iterator[str]:
    """What has changed, the worst first, with the lines of both documents."""
    for title, changes in (("In the API", api), ("In Python", python)):
        yield f"{title}:"
        for change in by_weight(changes):
            lines = " → ".join(
                "none" if line is None else str(line)
                for line in (old.line(change.old), new.line(change.new))
            )
            where = "" if lines == "none → none" else f" (line {lines})"
            yield f"  {change.verdict!s:5}  {sentence(change)}{where}: {change.why}"
        if not changes:
            yield "  nothing"


def sentence(change: Change) -> str:
    """A change in one line."""
    return f"{change.side} {change.kind}: {change.subject}: {change.what}"


def by_weight(changes: Sequence[Change]) -> list[Change]:
    """The worst first, each kind in its order."""
    return sorted(changes, key=lambda each: -each.verdict)


def changelog(
    api: Sequence[Change], python: Sequence[Change], document_version: str, released: str
) -> Iterator[str]:
    """The draft of an entry, for a person to say it better."""
    changes = [*api, *python]
    yield f"## {next_version(released, worst(changes))} (unreleased)"
    yield ""
    yield f"- The client is generated from ASAPP's document, version {document_version}."
    for change in by_weight(changes):
        if change.verdict > Verdict.PATCH or change.kind == "left out":
            breaking = "Breaking: " if change.verdict is Verdict.MAJOR else ""
            yield f"- {breaking}{sentence(change)}"


def next_version(released: str, verdict: Verdict) -> str:
    """The version that announces it (semver.org)."""
    parts = numbers(released)
    place = max(Verdict.MAJOR - verdict, 0)
    if verdict is Verdict.NONE:
        return released
    return ".".join(map(str, [*parts[:place], parts[place] + 1, *[0] * (2 - place)]))


def proposals(old_stubs: Path, new_stubs: Path, left_out: Mapping[str, str]) -> Iterator[str]:
    """Edits of the generator's configuration that would keep a name or bring an operation."""
    old, new = (_constructors(load(folder)[MODELS]) for folder in (old_stubs, new_stubs))
    for name in old.keys() - new.keys():
        for other in sorted(new.keys() - old.keys()):
            if old[name] == new[other]:
                yield f"class_overrides: {{{other}: {{class_name: {name}}}}}"
    for title, why in left_out.items():
        _, found, media_type = why.partition("nsupported content type ")
        if found:
            essence = media_type.split()[0].strip(".,;")
            yield f"content_type_overrides: {{{essence}: application/json}}, if {title} takes JSON"


def _constructors(module: griffe.Module) -> dict[str, str]:
    """What each class is made of, by its name."""
    return {
        name: ", ".join(map(str, member.members["__init__"].parameters))
        for name, member in module.members.items()
        if isinstance(member, griffe.Class) and "__init__" in member.members
    }
