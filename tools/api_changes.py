"""Compares two normalised documents in the API's own terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from facts import credential_names, key_names, key_of
from normalise import Node
from openapi_python_client.strings import snake_case
from schema_changes import LOOSENED, TIGHTENED, SchemaComparison, Site
from verdict import Change, Route, Verdict

EMPTY: Node = {}


class Place(NamedTuple):
    """An operation where it stands."""

    path: str
    method: str
    content: Node

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def route(self) -> Route:
        return ("paths", self.path, self.method)

    @property
    def shape(self) -> tuple[str, str]:
        """Method and path, whatever the parameters in it are called."""
        return self.method, re.sub(r"\{[^}]*\}", "{}", self.path)

    @property
    def is_batch(self) -> bool:
        """Whether it creates messages: the name of its body is given by that place."""
        holders = self.content.get("requestBody", EMPTY).get("content", EMPTY).values()
        return any(
            each["schema"].get("$ref") == "#/components/schemas/MessageBatch" for each in holders
        )


def api_changes(old: Node, new: Node) -> list[Change]:
    """Each difference between two normalised documents whose schemas are named."""
    return [*_document_changes(old, new)]


def left_out_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """What is said of operations that the client does not have, by method and path, and why."""
    return [
        Change("operation", "left out", title, why, Verdict.PATCH, "the client does not have it")
        for title, why in new.items()
        if title not in old
    ]


def _document_changes(old: Node, new: Node) -> Iterator[Change]:
    info = Site("document", "info", ("info",), ("info",))
    for key in ("title", "version"):
        was, now = old["info"].get(key), new["info"].get(key)
        if was != now:
            yield info.inner(f".{key}", key).change("reworded", f"{was} → {now}")
    before, after = places_of(old), places_of(new)
    pairs = pair(before, after)
    comparison = SchemaComparison(old["components"]["schemas"], new["components"]["schemas"])
    for here in before:
        if here not in [one for one, _ in pairs]:
            yield _site(here, here).change("removed", str(here))
    for there in after:
        if there not in [other for _, other in pairs]:
            yield _site(there, there).change("added", str(there))
    for here, there in pairs:
        site = _site(here, there)
        yield from _name_changes(site, here, there)
        yield from _key_changes(site, (old, here), (new, there))
        yield from _server_changes(site, here, there)
        yield from _parameter_changes(site, here, there, comparison)
        yield from _body_changes(site, here, there, comparison)
        yield from _answer_changes(site, here, there, comparison)


def places_of(document: Node) -> list[Place]:
    """All operations of a normalised document."""
    return [
        Place(path, method, content)
        for path, item in document["paths"].items()
        for method, content in item.items()
    ]


def pair(old: list[Place], new: list[Place]) -> list[tuple[Place, Place]]:
    """Which operation has become which: by what it is for, by its place, its id, its shape."""
    pairs: list[tuple[Place, Place]] = []
    for same in (
        lambda one, other: one.is_batch and other.is_batch,
        lambda one, other: one.route == other.route,
        lambda one, other: (
            one.content.get("operationId", one) == other.content.get("operationId", other)
        ),
        lambda one, other: one.shape == other.shape,
    ):
        for here in old:
            for there in new:
                taken = any(one is here or other is there for one, other in pairs)
                if not taken and same(here, there):
                    pairs.append((here, there))
    return pairs


def _site(here: Place, there: Place) -> Site:
    return Site("operation", there.content.get("operationId", str(there)), here.route, there.route)


def _name_changes(site: Site, here: Place, there: Place) -> Iterator[Change]:
    if here.shape != there.shape:
        yield site.change("changed", f"{here} → {there}")
    else:
        words = f"{here.path} → {there.path}"
        was, now = (
            [*map(snake_case, re.findall(r"\{([^}]*)\}", each.path))] for each in (here, there)
        )
        if was != now:
            yield site.change("changed", f"parameters are arguments of these names: {words}")
        elif here.path != there.path:
            yield site.change("reworded", words)
    for key, words in (("operationId", "the function"), ("tags", "the module")):
        was, now = (_named(each.content.get(key)) for each in (here, there))
        if snake_case(was) != snake_case(now):
            inner = site.inner(f": {key}", key)
            yield inner.change("changed", f"{words} is named after it: {was} → {now}")
    was, now = (bool(each.content.get("deprecated")) for each in (here, there))
    if was != now:
        yield site.change("deprecated", f"deprecated: {was} → {now}")
    for key in ("summary", "description"):
        if here.content.get(key) != there.content.get(key):
            yield site.inner(f": {key}", key).change("reworded", key)


def _named(value: str | list[str] | None) -> str:
    """The name that the generator takes: an id, or the first of the tags."""
    return value if isinstance(value, str) else (value or ["none"])[0]


def _key_changes(site: Site, old: tuple[Node, Place], new: tuple[Node, Place]) -> Iterator[Change]:
    was, now = (_keys(document, place) for document, place in (old, new))
    for (where, name), (credential, scheme) in was.items():
        route = ("components", "securitySchemes", scheme)
        inner = site._replace(words=f"{site.words}: key {name} in {where}", old=route)
        if (where, name) not in now:
            kind = "removed" if now.keys() - was.keys() else LOOSENED
            yield inner._replace(side="request").change(kind, "a key that a request needed")
        elif now[where, name][0] != credential:
            words = f"its name in the credentials: {credential} → {now[where, name][0]}"
            yield inner._replace(new=(*route[:2], now[where, name][1])).change("changed", words)
    for (where, name), (_, scheme) in now.items():
        if (where, name) not in was:
            inner = site._replace(
                side="request",
                words=f"{site.words}: key {name} in {where}",
                old=(),
                new=("components", "securitySchemes", scheme),
            )
            yield inner.change(TIGHTENED, "a key that every request needs now")


def _keys(document: Node, place: Place) -> dict[tuple[str, str], tuple[str, str]]:
    """What a request needs: by place and name, what it is called in the credentials and there."""
    batch = next((each.content for each in places_of(document) if each.is_batch), place.content)
    credentials = credential_names(document, batch)
    found = {}
    for name in key_names(place.content):
        key = key_of(document, name, credentials)
        found[key.place, f"{key.name} {key.prefix}".strip()] = (key.credential, name)
    return found


def _server_changes(site: Site, here: Place, there: Place) -> Iterator[Change]:
    was, now = ([each["url"] for each in place.content["servers"]] for place in (here, there))
    inner = site.inner(": servers", "servers")
    if was[:1] != now[:1]:
        yield inner.change("changed", f"the first of them: {', '.join(was)} → {', '.join(now)}")
        return
    for url in was:
        if url not in now:
            yield inner.change("removed", url)
    for url in now:
        if url not in was:
            yield inner.change("added", url)


def _parameter_changes(
    site: Site, here: Place, there: Place, comparison: SchemaComparison
) -> Iterator[Change]:
    was, now = ([*_parameters(each)] for each in (here, there))
    before, after = dict(was), dict(now)
    for key in {**before, **after}:
        one, other = before.get(key), after.get(key)
        told = (other or one or EMPTY)["name"]
        inner = site.inner(f": {key[0]} parameter {told}", "parameters")._replace(side="request")
        inner = inner._replace(
            old=(*inner.old, (one or EMPTY).get("name", "")),
            new=(*inner.new, (other or EMPTY).get("name", "")),
        )
        yield from _demand_changes(inner, one, other, "a parameter")
        if one is not None and other is not None:
            yield from comparison.compare(inner.inner("", "schema"), one["schema"], other["schema"])


def _parameters(place: Place) -> Iterator[tuple[tuple[str, str], Node]]:
    """The parameters: one in the path by its number there, each other by its name."""
    in_path = re.findall(r"\{([^}]*)\}", place.path)
    for each in place.content["parameters"]:
        name = each["name"]
        if each["in"] == "path" and name in in_path:
            name = str(in_path.index(name))
        # Headers have no case (RFC 9110, section 5.1).
        yield (each["in"], name.lower() if each["in"] == "header" else name), each


def _body_changes(
    site: Site, here: Place, there: Place, comparison: SchemaComparison
) -> Iterator[Change]:
    inner = site.inner(": body", "requestBody")._replace(side="request")
    was, now = (each.content.get("requestBody") for each in (here, there))
    yield from _demand_changes(inner, was, now, "the body of a request")
    if was is not None and now is not None:
        yield from _content_changes(inner, was, now, comparison)


def _demand_changes(
    site: Site, before: Node | None, after: Node | None, what: str
) -> Iterator[Change]:
    """That a part of a request came or went, or has become required or optional."""
    if before is not None and after is not None:
        if before["required"] != after["required"]:
            kind = TIGHTENED if after["required"] else LOOSENED
            yield site.change(kind, f"required: {before['required']} → {after['required']}")
    elif after is not None:
        yield site.change(TIGHTENED if after["required"] else "added", what)
    elif before is not None:
        yield site.change("removed", what)


def _answer_changes(
    site: Site, here: Place, there: Place, comparison: SchemaComparison
) -> Iterator[Change]:
    was, now = here.content["responses"], there.content["responses"]
    for status in {**was, **now}:
        inner = site.inner(f": answer {status}", "responses", status)._replace(side="answer")
        if status not in now:
            yield inner.change("removed", "a documented status")
        elif status not in was:
            # A new success is an answer that nobody expected; that an error can be, all do.
            kind = LOOSENED if _is_success(status) and any(map(_is_success, was)) else "added"
            yield inner.change(kind, "a documented status")
        else:
            if was[status]["description"] != now[status]["description"]:
                yield inner.inner("", "description").change("reworded", "description")
            body = inner.inner(": body")
            yield from _content_changes(body, was[status], now[status], comparison)


def _is_success(status: str) -> bool:
    return status.startswith("2")


def _content_changes(
    site: Site, old: Node, new: Node, comparison: SchemaComparison
) -> Iterator[Change]:
    """What has changed in a body's media types and their schemas."""
    was, now = (each.get("content", EMPTY) for each in (old, new))
    names = {_essence(name): name for name in now}
    for name, holder in was.items():
        other = names.pop(_essence(name), None)
        if other is None:
            yield site.inner(f": {name}", "content", name).change("removed", "a media type")
            continue
        inner = Site(
            site.side,
            site.words,
            (*site.old, "content", name, "schema"),
            (*site.new, "content", other, "schema"),
        )
        if name != other:
            yield inner.change("reworded", f"{name} → {other}")
        yield from comparison.compare(inner, holder["schema"], now[other]["schema"])
    for name in names.values():
        inner = site.inner(f": {name}", "content", name)
        # An answer in another form is one that nobody could read so far; none at all was no form.
        kind = LOOSENED if site.side == "answer" and was else "added"
        yield inner.change(kind, "a media type")


def _essence(media_type: str) -> str:
    """A media type without its parameters (RFC 9110, section 8.3.1)."""
    return media_type.partition(";")[0].strip().lower()
