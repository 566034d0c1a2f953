"""What a change means for the version of the next release."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

Route = tuple[str, ...]
"""The way to a place in a document: the names of what lies around it, the outermost first."""


class Verdict(IntEnum):
    """How much a release changes, from nothing that anybody can see to a break."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Change(NamedTuple):
    """One difference between two versions.

    Attributes:
        side: what it is part of, such as "request" or "answer".
        kind: "added", "removed", "loosened", "tightened", "changed", "deprecated" or "reworded".
        subject: what has changed, in words.
        what: how it has changed.
        verdict: what that alone means.
        why: the rule that says so.
        old: the way to it in the old document; empty where it is not there.
        new: the way to it in the new one.
    """

    side: str
    kind: str
    subject: str
    what: str
    verdict: Verdict
    why: str
    old: Route = ()
    new: Route = ()


def worst(changes: Iterable[Change]) -> Verdict:
    """The verdict on all changes together."""
    return max((each.verdict for each in changes), default=Verdict.NONE)


def demanded(old: str, new: str) -> Verdict:
    """What a step from one version to another announces (semver.org), pre-releases aside.

    Below 1.0 a minor version may break.
    """
    (old_major, *old_rest), (new_major, *new_rest) = numbers(old), numbers(new)
    if new_major > old_major or (new_major == old_major == 0 and new_rest[:1] > old_rest[:1]):
        return Verdict.MAJOR
    if new_rest[:1] > old_rest[:1]:
        return Verdict.MINOR
    return Verdict.PATCH if new_rest > old_rest else Verdict.NONE


def numbers(version: str) -> list[int]:
    """The numbers of a version such as 1.2.3, without what marks a pre-release."""
    return [int(part) for part in version.split("-")[0].split(".")[:3] if part.isdigit()]
