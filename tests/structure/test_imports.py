"""Which way the arrows point: between the packages, inside them, and through public names alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDK = "asapp_conversations"
GENERATED = "asapp_conversations_client"
EMULATOR = "asapp_conversations_emulator"
IMPORTER = "asapp_conversations_importer"
PLUGIN = "pytest_asapp_conversations"
ENTRY = "asapp_conversations_cli"
ARROWS = {
    SDK: {GENERATED},
    EMULATOR: {SDK, GENERATED},
    PLUGIN: {EMULATOR},
    IMPORTER: {SDK, EMULATOR, GENERATED},
    # It finds a tool by its name, when one of its commands is asked for.
    ENTRY: set[str](),
}
"""What each package may import besides itself."""

DOORS = {
    SDK,
    f"{SDK}.toolkit",
    EMULATOR,
    f"{GENERATED}.contracts",
    f"{GENERATED}.facts",
    f"{GENERATED}.models",
}
"""The modules whose `__all__` a tool may import from, outside its own package."""

Graph = dict[str, set[str]]


class Import(NamedTuple):
    """One name that a module takes from another; no name where it takes the module itself."""

    module: str
    source: str
    name: str | None
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module} imports {self.name or 'all'} from {self.source}"


def module_name(path: Path, folder: Path) -> str:
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    module_name(path, folder): path
    for folder in (ROOT / "overlay", ROOT / "emulator", ROOT / "importer")
    for path in sorted(folder.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def package_of(module: str) -> str:
    """The top-level package."""
    return module.partition(".")[0]


def folder_of(module: str) -> str:
    """The package that a module stands in; a package stands in itself."""
    is_package = MODULES[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def imports_of(module: str) -> Iterator[Import]:
    """Whatever a module imports, wherever in it that stands."""
    tree = TREES[module]
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                for alias in names:
                    yield Import(module, alias.name, None, node in for_types)
            case ast.ImportFrom(source, names, level):
                if level:
                    parts = folder_of(module).split(".")
                    above = ".".join(parts[: len(parts) - level + 1])
                    source = f"{above}.{source}" if source else above
                for alias in names:
                    inner = f"{source}.{alias.name}"
                    if inner in MODULES:
                        yield Import(module, inner, None, node in for_types)
                    else:
                        yield Import(module, str(source), alias.name, node in for_types)


IMPORTS = [each for module in MODULES for each in imports_of(module)]


def modules_of(package: str, *, with_types: bool) -> Graph:
    """What each module of a package imports of it."""
    graph: Graph = {module: set() for module in MODULES if package_of(module) == package}
    for each in IMPORTS:
        if each.module in graph and each.source in graph and (with_types or not each.for_types):
            graph[each.module].add(each.source)
    return graph


def folders_of(modules: Graph) -> Graph:
    """The same between the packages that the modules stand in."""
    graph: Graph = defaultdict(set)
    for module, sources in modules.items():
        graph[folder_of(module)] |= {folder_of(source) for source in sources} - {folder_of(module)}
    return graph


def circle(graph: Graph) -> list[str]:
    """A circle in the graph, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_arrows_between_the_packages() -> None:
    """Importer, emulator, SDK and generated client import in that order and no other."""
    known = {*ARROWS, GENERATED}
    wrong = [
        str(each)
        for each in IMPORTS
        if package_of(each.source) in known - {package_of(each.module)}
        and package_of(each.source) not in ARROWS[package_of(each.module)]
    ]
    assert {package_of(module) for module in MODULES} == set(ARROWS)
    assert not wrong


@pytest.mark.parametrize("package", [EMULATOR, IMPORTER])
def test_no_circle_in_a_tool(package: str) -> None:
    """Neither modules nor the packages that they stand in import each other in a circle."""
    modules = modules_of(package, with_types=True)
    assert circle(modules) == []
    assert circle(folders_of(modules)) == []


def test_no_circle_in_the_sdk() -> None:
    """No modules of the SDK import each other in a circle, except for types alone."""
    assert circle(modules_of(SDK, with_types=False)) == []


def test_layers_of_the_importer() -> None:
    """Commands, runs, sending, ledger and reading: each imports of those below it alone."""
    layers = [f"{IMPORTER}.cli", IMPORTER]
    layers += [f"{IMPORTER}.{name}" for name in ("sending", "ledger", "reading")]
    graph = folders_of(modules_of(IMPORTER, with_types=True))
    assert set(graph) == set(layers)
    wrong = {
        upper: sorted(graph[lower] & {upper})
        for place, upper in enumerate(layers)
        for lower in layers[place + 1 :]
        if upper in graph[lower]
    }
    assert not wrong


def test_tools_import_public_names() -> None:
    """Outside its own package a tool imports what a door exports, and nothing else."""
    public = {door: set(import_module(door).__all__) for door in DOORS}
    wrong = [
        str(each)
        for each in IMPORTS
        if package_of(each.module) != SDK
        and package_of(each.source)
        in {SDK, GENERATED, EMULATOR, IMPORTER} - {package_of(each.module)}
        and each.name not in public.get(each.source, ())
    ]
    assert not wrong


def test_no_class_name_is_used_twice() -> None:
    """A class has a name of its own in the whole project, underscore or not."""
    found = defaultdict(list)
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(f"{module}.{node.name}")
    assert not {name: places for name, places in found.items() if len(places) > 1}


def test_pytest_plugin_loads_nothing() -> None:
    """pytest imports the plugin at every start: it brings neither the SDK nor a server."""
    script = (
        "import sys, pytest; before = set(sys.modules); import pytest_asapp_conversations;"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert PLUGIN in loaded
    ours = {*ARROWS, GENERATED} - {PLUGIN}
    assert not {package_of(module) for module in loaded} & {*ours, "httpx", "starlette", "uvicorn"}
