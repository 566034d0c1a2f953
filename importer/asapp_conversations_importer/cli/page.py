"""A report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache, partial
from html import escape
from http import HTTPStatus
from importlib.resources import files

from asapp_conversations_importer import ImportReport, Phase, Sample, StoppedBy

from .advice import COUNTS, headline, next_steps
from .chart import chart, rates
from .wording import counted, duration, moment, percent, printable

SHOWN_REASONS = 100

GOES_ON_LATER = frozenset(
    {
        StoppedBy.DAILY_LIMIT,
        StoppedBy.RATE_LIMIT,
        StoppedBy.INTERRUPT,
        StoppedBy.TERMINATION,
    }
)
"""The stops that nobody has to mend anything after."""


def render_page(report: ImportReport, *, title: str, generated_at: datetime) -> str:
    """The report as an HTML document, without a script and without anything from elsewhere.

    It holds no message texts; reasons, ids and file names are shown, whatever they hold.

    Args:
        report: what an import did, or has done so far.
        title: what was imported, for people.
        generated_at: when the page is made, in UTC.
    """
    sections = "\n".join(
        [
            *_state(report),
            *_counts(report),
            *_over_time(report),
            *_answers(report),
            *_reasons(report),
            *_failures(report),
            *_files(report),
        ]
    )
    made = moment(generated_at.isoformat(timespec="seconds"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{_safe(title)}</title>
<style>
{_style()}</style>
</head>
<body>
<main>
<h1>{_safe(title)}</h1>
<p class="faint">Import into ASAPP, as of {_safe(made)}</p>
{sections}
</main>
</body>
</html>
"""


@cache
def _style() -> str:
    return (
        files("asapp_conversations_importer.cli").joinpath("page.css").read_text(encoding="utf-8")
    )


def _safe(text: str) -> str:
    return escape(printable(text))


def _state(report: ImportReport) -> Iterator[str]:
    yield f'<p class="status {_tone(report)}">{_safe(headline(report))}</p>'
    if report.detail:
        yield f"<p>{_safe(report.detail)}</p>"
    yield '<section class="steps"><h2>What now</h2>'
    yield from (f"<p>{_safe(step.text)}</p>" for step in next_steps(report))
    yield "</section>"
    yield '<dl class="facts">'
    yield from (
        f"<div><dt>{_safe(name)}</dt><dd>{_safe(value)}<small>{_safe(note)}</small></dd></div>"
        for name, value, note in _facts(report)
    )
    yield "</dl>"


def _tone(report: ImportReport) -> str:
    if report.phase is not Phase.ENDED or report.stopped_by in GOES_ON_LATER:
        return "warn"
    if report.stopped_by:
        return "bad"
    return "warn" if report.exit_status else "good"


def _facts(report: ImportReport) -> Iterator[tuple[str, str, str]]:
    settled = f"{percent(report.settled, report.messages)} settled"
    yield "Messages", f"{report.messages:,}", settled
    yield "Conversations", f"{report.conversations:,}", f"{counted(report.records, 'record')} read"
    yield "Requests", f"{report.requests:,}", f"{report.retries:,} of them sent again"
    yield "Time", duration(report.elapsed_s), "from start to end, pauses included"
    if report.daily_limit is not None:
        today = f"of {report.daily_limit:,} in a UTC day"
        yield "Requests today", f"{report.requests_today:,}", today
    if report.resume_at:
        day, _, hour = moment(report.resume_at).partition(" ")
        yield "Goes on", day, hour


def _table(name: str, heads: tuple[str, str], rows: Iterable[str]) -> Iterator[str]:
    first, second = (_safe(head) for head in heads)
    yield f"<section><h2>{_safe(name)}</h2>\n<table>"
    yield f'<thead><tr><th scope="col">{first}</th>'
    yield f'<th scope="col" class="number">{second}</th></tr></thead>\n<tbody>'
    yield from rows
    yield "</tbody></table></section>"


def _row(name: str, count: int, whole: int, note: str = "") -> str:
    """A name, which may be anything, and its count with a bar of its share."""
    small = f"<small>{_safe(note)}</small>" if note else ""
    share = 100 * count / whole if whole else 0
    return (
        f'<tr><th scope="row">{_safe(name)}{small}'
        f'<span class="bar" style="width:{share:.1f}%"></span></th>'
        f'<td class="number">{count:,}</td></tr>'
    )


def _counts(report: ImportReport) -> Iterator[str]:
    counts = {name: getattr(report, name) for name in COUNTS}
    rows = (
        _row(name.replace("_", " "), count, report.messages, COUNTS[name])
        for name, count in counts.items()
        if count
    )
    yield from _table("Messages", ("What became of them", "Messages"), rows)


def _over_time(report: ImportReport) -> Iterator[str]:
    samples = report.samples
    settled = rates(samples, lambda sample: sample.messages)
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
        answered = rates(samples, partial(_answered, status=status))
        title = f"Answers: {printable(status)}"
        yield chart(f"answers-{number}", title, answered, seconds, _style_of(status))
    yield "</div></section>"


def _answered(sample: Sample, status: str) -> int:
    return sample.answers.get(status, 0)


def _style_of(status: str) -> str:
    if status == str(HTTPStatus.CONFLICT.value) or status.startswith("2"):
        return "taken"
    return "refused" if status.startswith("4") else "failed"


def _answers(report: ImportReport) -> Iterator[str]:
    if not report.answers:
        return
    whole = sum(report.answers.values())
    rows = (_row(status, count, whole) for status, count in sorted(report.answers.items()))
    yield from _table("Answers", ("Status", "Requests"), rows)


def _reasons(report: ImportReport) -> Iterator[str]:
    if not report.reasons:
        return
    shown = list(report.reasons.items())[:SHOWN_REASONS]
    whole = sum(report.reasons.values())
    rows = (_row(reason, count, whole) for reason, count in shown)
    yield from _table("Rejected, by reason", ("Reason", "Messages"), rows)
    hidden = len(report.reasons) - len(shown)
    if hidden:
        rest = whole - sum(count for _, count in shown)
        yield f'<p class="faint">and {rest:,} more for {counted(hidden, "other reason")}</p>'


def _failures(report: ImportReport) -> Iterator[str]:
    if not report.failures:
        return
    yield "<section><h2>Failed requests</h2>\n<table>"
    yield "<caption>The first of them, with the request ids to quote to ASAPP</caption>"
    yield '<thead><tr><th scope="col">Conversation, and what happened</th></tr></thead>\n<tbody>'
    for failure in report.failures:
        yield (
            f'<tr><th scope="row"><code>{_safe(failure.conversation_id)}</code>'
            f"<small>{_safe(failure.reason)}</small></th></tr>"
        )
    yield "</tbody></table></section>"


def _files(report: ImportReport) -> Iterator[str]:
    yield "<section><h2>Files</h2>\n<dl>"
    for name, path in (("Ledger", report.ledger), ("Rejects", report.rejects)):
        yield f"<dt>{name}</dt><dd>{f'<code>{_safe(path)}</code>' if path else 'none'}</dd>"
    yield "</dl>"
    yield from (f'<p class="warn">{_safe(warning)}</p>' for warning in report.warnings)
    yield "</section>"
