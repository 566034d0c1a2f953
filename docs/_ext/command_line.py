"""The directive `command-line`: the commands with their options, asked from the program itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from asapp_conversations_emulator.cli import emulator
from asapp_conversations_importer.cli.app import app as importer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def commands() -> dict[str, Any]:
    """Every command by its name."""
    alone = typer.Typer(add_completion=False)
    alone.command()(emulator)
    whole: Any = typer.main.get_command(importer)
    return {**whole.commands, "emulator": typer.main.get_command(alone)}


def page(name: str, command: Any) -> Iterator[str]:
    """A command as a section in Markdown."""
    arguments = " ".join(it.make_metavar(_context(command)) for it in _of_kind(command, "argument"))
    yield f"## `asapp-conversations {name}`"
    yield f"```text\nasapp-conversations {name} [OPTIONS] {arguments}".rstrip() + "\n```"
    for paragraph in re.split(r"\n\s*\n", command.help or ""):
        text = " ".join(paragraph.split())
        if text.startswith("Example: "):
            yield f"Example:\n```text\n{text.removeprefix('Example: ')}\n```"
        else:
            yield text
    for argument in _of_kind(command, "argument"):
        yield f"`{argument.make_metavar(_context(command))}`\n: {argument.help or 'Required.'}"
    panels: dict[str, list[Any]] = {}
    for option in _of_kind(command, "option"):
        if not option.hidden:
            panels.setdefault(getattr(option, "rich_help_panel", None) or "Options", []).append(
                option
            )
    for title, options in panels.items():
        yield f"### {title}" if len(panels) > 1 else "### Options"
        yield from (definition(option) for option in options)


def definition(option: Any) -> str:
    """An option as an entry of a definition list."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    choices = getattr(option.type, "choices", None)
    value = "" if option.is_flag else f" *{'|'.join(choices) if choices else option.metavar}*"
    default = option.default
    told = isinstance(default, (int, float, str)) and not option.is_flag and default not in ("", 0)
    words = re.sub(r"(?<![`\w])--[\w-]+", r"`\g<0>`", option.help)
    return f"{names}{value}\n: {words}" + (f" Default: `{default}`." if told else "")


def _of_kind(command: Any, kind: str) -> list[Any]:
    return [each for each in command.params if each.param_type_name == kind]


def _context(command: Any) -> Any:
    return command.make_context(command.name, [], resilient_parsing=True)


class CommandLine(SphinxDirective):
    """Writes a section for each command."""

    def run(self) -> list[nodes.Node]:
        texts = [text for name, it in commands().items() for text in page(name, it)]
        return self.parse_text_to_nodes("\n\n".join(texts), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True}
