"""Compares two sets of stubs: what a user of the packages has to change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import griffe
from verdict import Change, Verdict

Names = dict[str, griffe.Object]

ACCEPTS, GIVES = "takes", "gives"
"""An argument, which breaks who passes it if less will do; and what is read, if it can be more."""


def python_changes(old: Path, new: Path) -> list[Change]:
    """Each difference between the stubs in two folders."""
    before, after = load(old), load(new)
    found = [*_breakages(before, after)]
    broken = {each.subject for each in found}
    olds, news = (dict(_all_names(modules)) for modules in (before, after))
    for name, thing in news.items():
        if name not in olds:
            # A constructor's argument that is not needed comes with an attribute of its name.
            if name.rpartition(".")[0] in olds or thing.is_module:
                found.append(_change("added", name, thing.kind.value))
        elif name not in broken:
            found += _differences(name, olds[name], thing)
    return found


def load(folder: Path) -> dict[str, griffe.Module]:
    """The modules whose stubs are in a folder, by name."""
    return {
        path.stem: griffe.visit(path.stem, path, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.pyi"))
    }


def _breakages(
    old: Mapping[str, griffe.Module], new: Mapping[str, griffe.Module]
) -> Iterator[Change]:
    """What griffe knows to break."""
    for name, module in old.items():
        if name not in new:
            yield _change("removed", name, "a module")
            continue
        for breakage in griffe.find_breaking_changes(module, new[name]):
            words = breakage.kind.value
            details = (breakage.old_value, breakage.new_value)
            if isinstance(breakage, griffe.ObjectRemovedBreakage):
                yield _change("removed", breakage.obj.path, breakage.obj.kind.value)
                continue
            told = " → ".join("none" if each is None else _text(each) for each in details)
            yield _change("changed", breakage.obj.path, f"{words}: {told}", broken=True)


def _text(value: object) -> str:
    """A value of griffe's, without its class."""
    if isinstance(value, griffe.Parameter):
        return str(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _all_names(modules: Mapping[str, griffe.Module]) -> Iterator[tuple[str, griffe.Object]]:
    """Every module, and everything that is declared in one, by its path."""
    pending: list[griffe.Object] = [*modules.values()]
    while pending:
        thing = pending.pop(0)
        yield thing.path, thing
        for member in thing.members.values():
            if isinstance(member, griffe.Object):
                pending.append(member)


def _differences(name: str, old: griffe.Object, new: griffe.Object) -> Iterator[Change]:
    """What griffe does not compare: types, values, and what is new."""
    if isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
        yield from _parameters(name, old, new)
        yield from _types(name, "returns", GIVES, _source(old.returns), _source(new.returns))
    if isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
        yield from _types(name, "type", GIVES, _source(old.annotation), _source(new.annotation))
        if _source(old.value) != _source(new.value) and not name.endswith(".__all__"):
            words = f"value: {_source(old.value)} → {_source(new.value)}"
            yield _change("changed", name, words, broken=True)


def _parameters(name: str, old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
    before = {each.name: each for each in old.parameters}
    for each in new.parameters:
        if each.name not in before:
            yield _change("added", name, f"the argument {each.name}")
            continue
        was, now = _source(before[each.name].annotation), _source(each.annotation)
        yield from _types(name, f"the argument {each.name}", ACCEPTS, was, now)


def _types(name: str, what: str, side: str, was: str, now: str) -> Iterator[Change]:
    """What it means that an annotation is another one."""
    if was == now:
        return
    old, new = (set(re.split(r"\s*\|\s*", each)) for each in (was, now))
    compatible = old < new if side == ACCEPTS else new < old
    kind = ("loosened" if side == ACCEPTS else "tightened") if compatible else "changed"
    yield _change(kind, name, f"{what}: {was} → {now}", broken=not compatible)


def _source(expression: object) -> str:
    return "none" if expression is None else str(expression)


def _change(kind: str, subject: str, what: str, *, broken: bool = False) -> Change:
    if broken or kind == "removed":
        return Change("Python", kind, subject, what, Verdict.MAJOR, "a program that uses it breaks")
    return Change("Python", kind, subject, what, Verdict.MINOR, "programs go on as before")
