"""How Sphinx makes the site; `nox -s docs` runs it."""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from pkgutil import walk_packages

from asapp_conversations import SenderRole, __spec_version__, __version__
from asapp_conversations.toolkit import (
    DAILY_REQUESTS,
    MAX_BODY_BYTES,
    MOST_MESSAGES,
    REQUESTS_PER_SECOND,
    SERVERS,
)
from asapp_conversations_client.facts import BATCH

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

URLS = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]["urls"]

published = importlib.import_module("asapp_conversations.published")
account = importlib.import_module("asapp_conversations_importer.cli.accounts")
options = importlib.import_module("asapp_conversations_importer.options")


def minutes(rate: float, requests: int = DAILY_REQUESTS["production"]) -> str:
    """How long a day's requests take at a pace."""
    return f"{timedelta(seconds=requests / rate) / timedelta(minutes=1):.0f}"


def refused(rate: float) -> str:
    """The share of live requests that is refused beside an import at this rate, as `plan` has it."""
    return f"{min(rate / REQUESTS_PER_SECOND, account.MOST_REFUSED):.0%}".replace("%", " %")


def stored_a_second(jitter: int) -> str:
    """What `nox -s bench` has measured at a gateway, with so many milliseconds of jitter."""
    rows = json.loads((HERE / "numbers.json").read_text("utf-8"))
    what = f"gateway of {REQUESTS_PER_SECOND:g}/s, {jitter} ms of jitter, strict"
    return next(f"{row['figure']:.0f}" for row in rows if row["what"] == what)


def delays(first: float) -> str:
    """The waits before each retry, such as "1, 2 and 4 s"."""
    waits = [f"{first * 2**number:g}" for number in range(published.RETRIES)]
    return f"{', '.join(waits[:-1])} and {waits[-1]} s"


def operations() -> str:
    """The reference of every generated operation, in MyST."""
    package = importlib.import_module("asapp_conversations_client.api")
    modules = [
        name
        for _, name, is_package in walk_packages(package.__path__, f"{package.__name__}.")
        if not is_package
    ]
    directives = (
        f".. automodule:: {name}\n   :members: sync, sync_detailed, asyncio, asyncio_detailed\n"
        for name in modules
    )
    return "```{eval-rst}\n" + "\n".join(directives) + "```"


project = "asapp-conversations"
author = "The asapp-conversations authors"
version = release = __version__
project_copyright = author

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "command_line",
    "json_keys",
    "public_names",
]
exclude_patterns = ["_ext"]
nitpicky = True
# The SQL of each engine has words that no lexer knows.
suppress_warnings = ["misc.highlighting_failure"]
# What other libraries define is named as they name it; their sites are not asked for links.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!asapp_conversations).*"),
    # Names of types within signatures that nobody imports.
    (r"py:.*", r"asapp_conversations\.\w+\.(\w+T|Settings)"),
    (r"py:.*", r"asapp_conversations_client\.(client\.\w+|types\.T)"),
]
default_role = "py:public"

myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3
myst_url_schemes = {
    "http": None,
    "https": None,
    "repo": f"{URLS['Repository']}/blob/main/{{{{path}}}}",
}
myst_substitutions = {
    "version": __version__,
    "spec_version": __spec_version__,
    "max_messages": str(MOST_MESSAGES),
    "max_body": f"{MAX_BODY_BYTES // 2**20} MiB",
    "roles": ", ".join(f"`{role}`" for role in SenderRole),
    "id_pattern": f"`{BATCH.conversation_schema['pattern']}`",
    "rate": f"{REQUESTS_PER_SECOND:g}",
    "rate_option": f"`--rate {REQUESTS_PER_SECOND:g}`",
    "spacing": f"{1000 / REQUESTS_PER_SECOND:g} ms",
    "modest_rate": f"{options.MODEST_RATE:g}",
    "daily_sandbox": f"{DAILY_REQUESTS['sandbox']:,}",
    "daily_production": f"{DAILY_REQUESTS['production']:,}",
    "minutes_at_rate": minutes(REQUESTS_PER_SECOND),
    "minutes_at_half": minutes(REQUESTS_PER_SECOND / 2),
    "minutes_at_modest": minutes(options.MODEST_RATE),
    "refused_at_modest": refused(options.MODEST_RATE),
    "refused_at_half": refused(REQUESTS_PER_SECOND / 2),
    "refused_at_rate": refused(REQUESTS_PER_SECOND),
    **{f"stored_at_{ms}_ms": stored_a_second(ms) for ms in (0, 1, 2, 5)},
    "half_rate": f"{REQUESTS_PER_SECOND / 2:g}",
    "retries": str(published.RETRIES),
    "delays_429": delays(published.RATE_LIMITED_FIRST_DELAY),
    "delays_5xx": delays(published.FAILED_FIRST_DELAY),
    "sandbox_url": SERVERS["sandbox"],
    "production_url": SERVERS["production"],
    "operations": operations(),
    "repository": URLS["Repository"],
}

# Of its own size, and only read here.
autodoc_mock_imports = ["pyspark"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# A dash before what a parameter means, and nothing of quotation marks.
smartquotes_action = "D"

html_theme = "furo"
html_title = f"asapp-conversations {__version__}"
html_baseurl = URLS["Documentation"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_use_index = False
html_theme_options = {
    "source_repository": URLS["Repository"],
    "source_branch": "main",
    "source_directory": "docs/",
}
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
