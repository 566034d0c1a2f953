"""Writes down what users see of the packages, as Python stubs: one file for each public module.

Run as a script it does so in a process of its own: `api_stubs.py OUTPUT FOLDER…`, where each
FOLDER holds packages. The objects themselves are asked, since the constructors that attrs and
others make stand in no source.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ForwardRef, NamedTuple, get_origin

CLIENT = "asapp_conversations_client"
MODULES = (
    f"{CLIENT}.types",
    f"{CLIENT}.models",
    f"{CLIENT}.facts",
    f"{CLIENT}.contracts",
    "asapp_conversations",
    "asapp_conversations.toolkit",
    "asapp_conversations_emulator",
    "asapp_conversations_importer",
)
"""The modules that users import from, besides one for each operation."""

OURS = "asapp_conversations"
SPECIAL = frozenset(
    {"__aenter__", "__aexit__", "__bool__", "__call__", "__contains__", "__delitem__", "__enter__"}
    | {"__exit__", "__getitem__", "__iter__", "__len__", "__setitem__", "__str__"}
)
"""Methods that users call by syntax."""


def write_stubs(output: Path, folders: list[Path]) -> None:
    """Write the stubs of the packages in these folders, in a process of its own.

    Raises:
        subprocess.CalledProcessError: the packages cannot be imported.
    """
    command = [sys.executable, "-W", "ignore", __file__, *map(str, [output, *folders])]
    subprocess.run(command, check=True, capture_output=True, text=True)
    format_stubs(output)


def format_stubs(output: Path) -> None:
    """Lay stubs out in one way."""
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--quiet"]
    subprocess.run([*ruff, "--line-length", "100", str(output)], check=True)


def main(output: str, *folders: str) -> None:
    """Write the stubs of the packages in the folders."""
    sys.path[:0] = folders
    target = Path(output)
    target.mkdir(parents=True, exist_ok=True)
    modules = [import_module(name) for name in [*MODULES, *operation_modules()]]
    homes: dict[type, str] = {}
    for module in modules:
        for _, value in exports(module):
            if inspect.isclass(value):
                homes.setdefault(value, module.__name__)
    for module in modules:
        lines = [f'"""What {module.__name__} exports."""', ""]
        lines += [f"__all__ = {[name for name, _ in exports(module)]}", ""]
        for name, value in exports(module):
            home = homes.get(value) if inspect.isclass(value) else None
            if home in {None, module.__name__}:
                lines += [*stub(name, value, {*homes}), ""]
            else:
                lines += [f"from {home} import {name}", ""]
        path = target / f"{module.__name__}.pyi"
        path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def operation_modules() -> Iterator[str]:
    """The module of each operation."""
    package = import_module(f"{CLIENT}.api")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.ispkg:
            yield found.name


def exports(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module exports, sorted by name."""
    names = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if is_own(module, name, value)
    ]
    for name in sorted(names):
        yield name, getattr(module, name)


def is_own(module: ModuleType, name: str, value: Any) -> bool:
    """Whether a public name of a module without `__all__` is defined in it."""
    own = getattr(value, "__module__", None) == module.__name__
    return own and not name.startswith("_") and callable(value)


def stub(name: str, value: Any, public: set[type]) -> list[str]:
    """The lines that declare a name."""
    if inspect.isclass(value):
        return class_stub(name, value, public)
    if inspect.isfunction(value):
        return [function_stub(name, value)]
    if get_origin(value) is not None:
        return [f"{name} = {annotation_text(value)}"]
    return [f"{name}: {type(value).__name__}"]


def class_stub(name: str, value: type, public: set[type]) -> list[str]:
    """A class with its constructor and all members that come from no other public class."""
    # What a class has from one that is public itself stands there.
    inherited = {above for base in value.__mro__[1:] if base in public for above in base.__mro__}
    own = [each for each in value.__mro__ if each.__module__.startswith(OURS)]
    bases: list[type] = []
    for base in value.__mro__[1:]:
        foreign = not base.__module__.startswith(OURS) and base.__module__ not in {"abc", "typing"}
        if (base in public or foreign) and not any(issubclass(each, base) for each in bases):
            bases.append(base)
    names = [base.__name__ for base in bases if base is not object]
    members: dict[str, list[str]] = {}
    for each in reversed([each for each in own if each not in inherited]):
        members.update(class_members(each))
    lines = [line for key in sorted(members) for line in members[key]]
    if not issubclass(value, Enum) and (signature := signature_of(value)) is not None:
        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        whole = inspect.Signature([first, *signature.parameters.values()])
        lines.insert(0, define("__init__", whole))
    head = f"class {name}({', '.join(names)}):" if names else f"class {name}:"
    return [head, *(f"    {line}" for line in lines or ["..."])]


def class_members(value: type) -> dict[str, list[str]]:
    """The public members that a class defines, by name."""
    found: dict[str, list[str]] = {}
    for name, annotation in inspect.get_annotations(value).items():
        if not name.startswith("_"):
            found[name] = [f"{name}: {annotation_text(annotation)}"]
    for name, member in vars(value).items():
        if name.startswith("_") and name not in SPECIAL:
            continue
        if isinstance(member, Enum):
            found[name] = [f"{name} = {member.value!r}"]
        elif isinstance(member, property):
            getter: Callable[..., Any] | None = member.fget
            found[name] = ["@property", function_stub(name, getter)]
        elif isinstance(member, (classmethod, staticmethod)):
            decorator = "@" + type(member).__name__
            found[name] = [decorator, function_stub(name, member.__func__)]
        elif inspect.isfunction(member):
            found[name] = [function_stub(name, member)]
    return found


class Shown(NamedTuple):
    """Stands for a default or an annotation by its text."""

    text: str

    def __repr__(self) -> str:
        return self.text


def function_stub(name: str, function: Any) -> str:
    """The line that declares a function."""
    signature = signature_of(function) or inspect.Signature()
    return ("async " if inspect.iscoroutinefunction(function) else "") + define(name, signature)


def define(name: str, signature: inspect.Signature) -> str:
    returned = signature.return_annotation
    arrow = "" if returned is signature.empty else f" -> {annotation_text(returned)}"
    bare = signature.replace(return_annotation=signature.empty)
    return f"def {name}{bare}{arrow}: ..."


def signature_of(function: Any) -> inspect.Signature | None:
    """The signature, with texts in the place of what has no stable one."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    parameters = [one for each in signature.parameters.values() for one in unpacked(function, each)]
    return signature.replace(
        parameters=[
            each.replace(
                default=each.default if each.default is each.empty else default_text(each.default),
                annotation=each.annotation
                if each.annotation is each.empty
                else Shown(annotation_text(each.annotation)),
            )
            for each in parameters
        ]
    )


def unpacked(function: Any, parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """The keyword arguments that a typed dictionary stands for; else the parameter itself."""
    named = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
    typed = vars(sys.modules[function.__module__]).get(named[1]) if named else None
    if typed is None:
        yield parameter
        return
    for name, annotation in sorted(typed.__annotations__.items()):
        yield parameter.replace(
            name=name,
            kind=inspect.Parameter.KEYWORD_ONLY,
            default=Shown("..."),
            annotation=annotation,
        )


def default_text(value: Any) -> Shown:
    """A default by its text, where that is the same in every process."""
    if isinstance(value, Shown):
        return value
    simple = value is None or isinstance(value, (bool, int, float, str, bytes))
    return Shown(repr(value) if simple and not isinstance(value, Enum) else "...")


def annotation_text(annotation: Any) -> str:
    """An annotation as it is written; a class of ours without its module."""
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, Shown):
        return annotation.text
    if isinstance(annotation, str):
        text = annotation
    elif isinstance(annotation, type) and get_origin(annotation) is None:
        text = f"{annotation.__module__}.{annotation.__qualname__}".removeprefix("builtins.")
    else:
        text = inspect.formatannotation(annotation)
    return re.sub(rf"\b{OURS}[\w.]*\.(\w+)", r"\1", text.replace("~", ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
