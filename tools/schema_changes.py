"""Compares two schemas of normalised documents: what one of them allows and the other does not.

A request that allows less breaks who sends it; an answer that allows more breaks who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas import PROSE, Components, Schema, without_null
from verdict import Change, Route, Verdict

COUNTS = frozenset({"Length", "Items", "Properties"})
LOWER = ("minimum", "exclusiveMinimum", *(f"min{each}" for each in sorted(COUNTS)))
UPPER = ("maximum", "exclusiveMaximum", *(f"max{each}" for each in sorted(COUNTS)))

TYPED_FORMATS = frozenset({"binary", "date", "date-time", "uuid"})
"""Formats that the generated client has a type of its own for."""

ANNOTATIONS = PROSE | {"readOnly", "writeOnly"}
"""Keywords that demand nothing of a request or an answer whose hidden properties are gone."""

LOOSENED, TIGHTENED = "loosened", "tightened"


class Site(NamedTuple):
    """Where two schemas stand that are compared.

    Attributes:
        side: "request" or "answer".
        words: what they are called.
        old: the way to the old one.
        new: the way to the new one.
    """

    side: str
    words: str
    old: Route
    new: Route

    def inner(self, words: str, *route: str) -> Site:
        """A place inside."""
        return Site(self.side, self.words + words, (*self.old, *route), (*self.new, *route))

    def change(self, kind: str, what: str) -> Change:
        """A change here, judged by its side."""
        verdict, why = EFFECTS.get((self.side, kind)) or EFFECTS["either", kind]
        old = () if kind == "added" else self.old
        new = () if kind == "removed" else self.new
        return Change(self.side, kind, self.words, what, verdict, why, old, new)


EFFECTS = {
    ("request", LOOSENED): (Verdict.MINOR, "what was accepted still is"),
    ("request", TIGHTENED): (Verdict.MAJOR, "a request that was accepted may be refused"),
    ("answer", LOOSENED): (Verdict.MAJOR, "who reads it may meet what it never was before"),
    ("answer", TIGHTENED): (Verdict.MINOR, "what is read is still as it was promised"),
    ("either", "added"): (Verdict.MINOR, "who does not know it goes on as before"),
    ("either", "removed"): (Verdict.MAJOR, "who uses it breaks"),
    ("either", "changed"): (Verdict.MAJOR, "no rule knows that this breaks nobody"),
    ("either", "reworded"): (Verdict.PATCH, "words alone"),
    ("either", "deprecated"): (Verdict.MINOR, "it works as before"),
}
"""By the side and the kind of a change: what it means, and why."""


class SchemaComparison:
    """Compares the schemas of two documents; a named pair once for each side."""

    def __init__(self, old: Mapping[str, Schema], new: Mapping[str, Schema]) -> None:
        self._old, self._new = Components(dict(old)), Components(dict(new))
        self._compared: set[tuple[str, str | None, str | None]] = set()

    def compare(self, site: Site, old: Schema, new: Schema) -> Iterator[Change]:
        """Each difference between what two schemas allow, and in their words."""
        names = self._old.name_of(old), self._new.name_of(new)
        if names[1] is not None:
            if (site.side, *names) in self._compared:
                return
            self._compared.add((site.side, *names))
            site = site._replace(words=names[1])
        (old, old_null), (new, new_null) = _plain(self._old, old), _plain(self._new, new)
        if old_null != new_null:
            yield site.change(
                LOOSENED if new_null else TIGHTENED, _step(old_null, new_null, "null")
            )
        yield from _types(site, old, new)
        yield from _values(site, old, new)
        yield from _bounds(site, old, new)
        yield from _texts(site, old, new)
        yield from self._choices(site, old, new)
        yield from self._properties(site, old, new)
        yield from self._further(site, old, new)
        if "items" in old and "items" in new:
            yield from self.compare(site.inner("[]", "items"), old["items"], new["items"])
        elif "items" in old or "items" in new:
            yield site.change(TIGHTENED if "items" in new else LOOSENED, "what its entries are")
        yield from _rest(site, old, new)

    def _properties(self, site: Site, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed = [*old.get("required", ()), *new.get("required", ())]
        for name in {**before, **after, **dict.fromkeys(needed)}:
            inner = site.inner(f".{name}", "properties", name)
            was, now = (name in schema.get("required", ()) for schema in (old, new))
            if name in before and name not in after:
                yield inner.change("removed", "a property")
            elif name in after and name not in before:
                if now and site.side == "request":
                    words = "a required property that was not there"
                    yield inner.change(TIGHTENED, words)._replace(old=())
                else:
                    yield inner.change("added", "a property")
            else:
                if was != now:
                    yield inner.change(TIGHTENED if now else LOOSENED, _step(was, now, "required"))
                yield from self.compare(inner, before.get(name, {}), after.get(name, {}))

    def _further(self, site: Site, old: Schema, new: Schema) -> Iterator[Change]:
        """Properties that have no name of their own (additionalProperties)."""
        before, after = (each.get("additionalProperties", True) for each in (old, new))
        before, after = (True if each == {} else each for each in (before, after))
        inner = site.inner(".*", "additionalProperties")
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.compare(inner, before, after)
        elif before != after:
            loosened = after is True or before is False
            yield inner.change(
                LOOSENED if loosened else TIGHTENED, "which further properties it has"
            )

    def _choices(self, site: Site, old: Schema, new: Schema) -> Iterator[Change]:
        for keyword in ("allOf", "anyOf", "oneOf"):
            before, after = old.get(keyword), new.get(keyword)
            if before is None and after is None:
                continue
            # Each part of allOf demands more, each of the others allows more.
            more, less = (TIGHTENED, LOOSENED) if keyword == "allOf" else (LOOSENED, TIGHTENED)
            if before is None or after is None:
                kind = TIGHTENED if before is None else LOOSENED
                yield site.change(kind, f"{keyword}: {_given(before)} → {_given(after)}")
                continue
            was = {self._old.shape(each) for each in before}
            now = {self._new.shape(each) for each in after}
            if was == now:
                continue
            if was < now or now < was:
                yield site.change(more if was < now else less, f"{keyword}: its parts")
            elif len(before) == len(after):
                for number, pair in enumerate(zip(before, after, strict=True)):
                    yield from self.compare(site.inner(f"|{number + 1}", keyword), *pair)
            else:
                yield site.change("changed", f"{keyword}: its parts")


def _plain(components: Components, schema: Schema | bool) -> tuple[Schema, bool]:
    """The schema in one piece without null, and whether it allows null."""
    if isinstance(schema, bool):
        schema = {} if schema else {"not": {}}
    plain, nullable = without_null(components.resolve(schema))
    return components.merged(components.resolve(plain)), nullable


def _types(site: Site, old: Schema, new: Schema) -> Iterator[Change]:
    was, now = _kinds(old), _kinds(new)
    if was != now:
        words = f"type: {_given(old.get('type'))} → {_given(new.get('type'))}"
        kind = "changed"
        if now is None or (was is not None and was < now):
            kind = LOOSENED
        elif was is None or now < was:
            kind = TIGHTENED
        yield site.change(kind, words)


def _kinds(schema: Schema) -> set[str] | None:
    """The types that a schema allows; None for all."""
    kinds = schema.get("type")
    if kinds is None:
        return None
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    return found | {"integer"} if "number" in found else found


def _values(site: Site, old: Schema, new: Schema) -> Iterator[Change]:
    was, now = _allowed(old), _allowed(new)
    if was is None or now is None:
        if was != now:
            loosened = now is None
            yield site.change(
                LOOSENED if loosened else TIGHTENED, f"values: {_given(was)} → {_given(now)}"
            )
        return
    for kind, values in ((LOOSENED, now - was), (TIGHTENED, was - now)):
        for value in sorted(values):
            yield site.change(kind, f"the value {value} is {'new' if kind == LOOSENED else 'gone'}")


def _allowed(schema: Schema) -> set[str] | None:
    """The values that a schema lists, as JSON; None where it lists none."""
    if "const" in schema:
        return {json.dumps(schema["const"])}
    return {json.dumps(each) for each in schema["enum"]} if "enum" in schema else None


def _bounds(site: Site, old: Schema, new: Schema) -> Iterator[Change]:
    for keyword in (*LOWER, *UPPER):
        lower = keyword in LOWER
        none = 0 if lower and keyword.removeprefix("min") in COUNTS else None
        was, now = old.get(keyword, none), new.get(keyword, none)
        if was != now:
            loosened = now is None or (was is not None and (now < was) == lower)
            words = f"{keyword}: {_given(old.get(keyword))} → {_given(new.get(keyword))}"
            yield site.change(LOOSENED if loosened else TIGHTENED, words)


def _texts(site: Site, old: Schema, new: Schema) -> Iterator[Change]:
    for keyword in ("pattern", "format", "uniqueItems"):
        was, now = old.get(keyword) or None, new.get(keyword) or None
        if was == now:
            continue
        kind = "changed"
        if not {was, now} & TYPED_FORMATS and (was is None or now is None):
            kind = LOOSENED if now is None else TIGHTENED
        yield site.change(kind, f"{keyword}: {_given(was)} → {_given(now)}")


JUDGED = frozenset(
    {"$ref", "additionalProperties", "allOf", "anyOf", "const", "enum", "format", "items", "oneOf"}
    | {"pattern", "properties", "required", "type", "uniqueItems", *LOWER, *UPPER}
)
"""The keywords that a rule above knows."""


def _rest(site: Site, old: Schema, new: Schema) -> Iterator[Change]:
    """What has changed in keywords that no rule knows, and in words alone."""
    reworded = []
    for keyword in {**old, **new}:
        if keyword in JUDGED or old.get(keyword) == new.get(keyword):
            continue
        if keyword in ANNOTATIONS or keyword.startswith("x-"):
            reworded.append(keyword)
        elif keyword == "deprecated":
            yield site.change(
                "deprecated", f"{_given(old.get(keyword))} → {_given(new.get(keyword))}"
            )
        else:
            yield site.change("changed", f"{keyword} is another")
    if reworded:
        yield site.change("reworded", ", ".join(sorted(reworded)))


def _given(value: Any) -> str:
    """A value of a keyword for people."""
    if value is None:
        return "none"
    return ", ".join(sorted(map(str, value))) if isinstance(value, (set, list)) else str(value)


def _step(was: bool, now: bool, word: str) -> str:
    """What has become of something that holds or does not."""
    return f"{word}: {'yes' if was else 'no'} → {'yes' if now else 'no'}"
