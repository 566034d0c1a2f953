"""The account of an import as one HTML page that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from html import escape
from http import HTTPStatus
from importlib.resources import files
from os import PathLike
from pathlib import Path
from string import Template

from asapp_conversations import InvalidRequestError

from asapp_conversations_importer import Sample

from .account import Account, shown
from .chart import chart, rates
from .output import complain
from .wording import duration, moment, printable

SHOWN_REASONS = 100

OURS = '<meta name="generator" content="asapp-conversations import">'
"""Tells a page of ours from any other file."""


def render_page(
    account: Account, samples: Sequence[Sample], *, title: str, generated_at: datetime
) -> str:
    """The account as an HTML document, without a script and without anything from elsewhere.

    It holds no message texts; reasons, ids and file names are shown, whatever they hold.

    Args:
        samples: messages and answers over time.
        title: what was imported, for people.
        generated_at: when the page is made, in UTC.
    """
    parts = (_state(account), _counts(account), _over_time(samples), _reasons(account))
    sections = "\n".join(line for part in (*parts, _names(account)) for line in part)
    template = files(str(__package__)).joinpath("page.html").read_text(encoding="utf-8")
    made = moment(generated_at.isoformat(timespec="seconds"))
    return Template(template).substitute(
        ours=OURS, title=_safe(title), made=_safe(made), sections=sections
    )


def _safe(text: str) -> str:
    return escape(printable(text))


def _state(account: Account) -> Iterator[str]:
    yield f'<p class="status {account.tone}">{_safe(account.headline)}</p>'
    if account.detail:
        yield f"<p>{_safe(account.detail)}</p>"
    yield '<section class="steps"><h2>What now</h2>'
    for words, command in account.steps:
        yield f"<p>{_safe(words)}</p>"
        if command:
            yield f"<p><code>{_safe(command)}</code></p>"
    yield "</section>"
    yield from (f'<p class="warn">{_safe(warning)}</p>' for warning in account.warnings)
    yield '<dl class="facts">'
    for label, facts in account.facts.items():
        yield f"<dt>{_safe(label)}</dt><dd>{_safe(', '.join(facts))}</dd>"
    yield "</dl>"


def _table(title: str, heads: str, rows: Sequence[str]) -> Iterator[str]:
    """A section with a table, if that has a row."""
    if rows:
        yield f"<section><h2>{_safe(title)}</h2>\n<table>"
        yield f"<thead><tr>{heads}</tr></thead>\n<tbody>"
        yield from rows
        yield "</tbody></table></section>"


def _shares(
    title: str, name: str, rows: Iterable[tuple[int, str, str]], whole: int
) -> Iterator[str]:
    """How many messages each name, which may be anything, and its note have of a whole."""
    yield from _table(
        title,
        f'<th scope="col">{name}</th>\n<th scope="col" class="number">Messages</th>',
        [
            f'<tr><th scope="row">{_safe(words)}{note and f"<small>{_safe(note)}</small>"}'
            f'<span class="bar" style="width:{100 * number / whole:.1f}%"></span></th>'
            f'<td class="number">{number:,}</td></tr>'
            for number, words, note in rows
        ],
    )


def _counts(account: Account) -> Iterator[str]:
    whole = sum(count.number for count in account.counts)
    yield from _shares("Messages", "What became of them", account.counts, whole)


def _over_time(samples: Sequence[Sample]) -> Iterator[str]:
    settled = rates([(sample.at, sample.messages) for sample in samples])
    yield "<section><h2>Over time</h2>"
    if not settled:
        yield '<p class="faint">The run was too short for a chart.</p></section>'
        return
    seconds = samples[-1].at - samples[0].at
    step = duration(seconds / len(settled))
    yield f'<p class="faint">{duration(seconds)} in all; each step is the average of {step}.</p>'
    yield chart("messages", "Messages stored", settled, seconds, "taken")
    yield '<div class="charts">'
    for number, status in enumerate(sorted(samples[-1].answers)):
        answered = rates([(sample.at, sample.answers.get(status, 0)) for sample in samples])
        title = f"Answers: {printable(status)}"
        yield chart(f"answers-{number}", title, answered, seconds, _style_of(status))
    yield "</div></section>"


def _style_of(status: str) -> str:
    if status == str(HTTPStatus.CONFLICT.value) or status.startswith("2"):
        return "taken"
    return "refused" if status.startswith("4") else "failed"


def _reasons(account: Account) -> Iterator[str]:
    reasons, more = shown(account.reasons, SHOWN_REASONS)
    whole = sum(reason.count for reason in account.reasons.values())
    rows = [(reason.count, words, "") for words, reason in reasons]
    yield from _shares("Rejected, by reason", "Reason", rows, whole)
    if more:
        yield f'<p class="faint">{_safe(more)}</p>'


def _names(account: Account) -> Iterator[str]:
    title, names = account.named
    rows = [
        f'<tr><th scope="row"><code>{_safe(name)}</code><small>{_safe(words)}</small></th></tr>'
        for name, words in names
    ]
    yield from _table(title, '<th scope="col">Conversation, and what happened</th>', rows)


def refuse_foreign(report: str | None, others: Iterable[str | PathLike[str] | None]) -> None:
    """Raise when a page would be written over what an import reads or writes, or nowhere."""
    if report is None:
        return
    path = Path(report)
    taken = {os.path.realpath(name) for name in others if name is not None}
    if not path.parent.is_dir():
        raise InvalidRequestError(f"--report {report}: there is no folder {path.parent}")
    if os.path.realpath(path) in taken or (path.exists() and not _is_ours(path)):
        raise InvalidRequestError(
            f"--report {report}: this is no page of an import, and would be written over: "
            "name another file"
        )


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return OURS.encode() in file.read(1000)
    except OSError:
        return False


def write_page(path: Path, page: str) -> bool:
    """Write a page, whole or not at all; False, with a word about it, if that is not possible."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(page, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        complain(f"{path}: the page cannot be written: {error.strerror}")
        return False
    return True
