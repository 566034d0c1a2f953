"""The emulator held against Prism: the same requests, and the statuses of both."""

from __future__ import annotations

from pathlib import Path

import httpx
from asapp_conversations_emulator import Emulator
from attrs import frozen

from .cases import Case, cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator.md"


@frozen
class Difference:
    """Cases that are answered differently, and why; no names are all that fit the statuses."""

    emulator: int
    prism: int
    what: str
    why: str
    names: tuple[str, ...] = ()

    def explains(self, name: str, statuses: tuple[int, int]) -> bool:
        return statuses == (self.emulator, self.prism) and (not self.names or name in self.names)


DIFFERENCES = (
    Difference(
        400,
        422,
        "any other invalid body or id",
        "ASAPP's page on errors shows 400 with the path of what is wrong; Prism takes 422 "
        "wherever a document lists it",
    ),
    Difference(
        400,
        200,
        "a timestamp with 13 fraction digits",
        "ASAPP reads 1 to 12",
        ("timestamp: with 13 digits",),
    ),
    Difference(
        400,
        200,
        "a timestamp whose offset has no colon",
        "RFC 3339 demands the colon; Prism's validator does not",
        ("timestamp: an offset without a colon",),
    ),
    Difference(
        200,
        422,
        "a timestamp without a zone",
        "the document says: otherwise UTC will be assumed",
        ("timestamp: without a zone",),
    ),
    Difference(
        404,
        422,
        "an empty id",
        "its path has an empty segment, which is no operation's; Prism reads it as a parameter",
        ("id: empty",),
    ),
    Difference(
        401, 200, "wrong keys", "Prism knows no keys and takes any that are there", ("keys: wrong",)
    ),
    Difference(
        401,
        400,
        "no keys and a body that is not JSON",
        "a gateway looks at the keys first; Prism reads the body first",
        ("keys: none, and an invalid body",),
    ),
    Difference(
        200,
        422,
        "no media type",
        "the only one that the document knows is meant",
        ("media type: none",),
    ),
    Difference(
        415,
        422,
        "another media type",
        "RFC 9110 has 415 for it; Prism takes 422 wherever a document lists it",
    ),
    Difference(
        415,
        200,
        "a media type that ends in +json",
        "the document names application/json alone",
        ("media type: JSON of another kind",),
    ),
)


def test_every_difference_is_explained(emulator: Emulator, prism_url: str) -> None:
    """Both answer every case with the same status, or the table says why not."""
    every, unexplained = list(cases()), []
    found = dict.fromkeys(DIFFERENCES, 0)
    with httpx.Client(trust_env=False, timeout=60) as client:
        for case in every:
            emulator.reset()
            statuses = (ask(client, emulator.url, case), ask(client, prism_url, case))
            if statuses[0] == statuses[1]:
                continue
            reasons = [each for each in DIFFERENCES if each.explains(case.name, statuses)]
            for reason in reasons[:1]:
                found[reason] += 1
            if not reasons:
                unexplained.append((case.name, *statuses))
    assert unexplained == []
    assert [each.what for each, times in found.items() if not times] == []
    text = table(len(every), found)
    assert text in PAGE.read_text("utf-8"), f"docs/emulator.md must hold this table:\n\n{text}"


def ask(client: httpx.Client, url: str, case: Case) -> int:
    """The status of a case's answer."""
    target = httpx.URL(url).copy_with(raw_path=case.path.encode())
    request = httpx.Request(case.method, target, headers=case.headers, content=case.content)
    return client.send(request).status_code


def table(count: int, found: dict[Difference, int]) -> str:
    """The table of the documentation."""
    rows = [
        f"| {each.what} | {times} | {each.emulator} | {each.prism} | {each.why} |"
        for each, times in found.items()
    ]
    head = ["| request | cases | emulator | Prism | why |", "| --- | --- | --- | --- | --- |"]
    same = f"| all others | {count - sum(found.values())} | same | same | |"
    return "\n".join([*head, same, *rows])
