"""Everything that gates a change: plain `nox` runs what is fast, `nox --tags slow` the rest."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = [
    "check_generated",
    "api",
    "lint",
    "types",
    "tests",
    "coverage",
]

# What is installed is compiled, as pip leaves it to users: else each of the hundred processes that a
# suite starts would do it, and a figure of bench would count it as work.
os.environ["UV_COMPILE_BYTECODE"] = "1"

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# Coverage is measured on one Python, since no branch of the code depends on the version and it makes
# the suite half as long again; and not on 3.11, where the tracer loses functions half-way.
MEASURED = PYTHONS[-1]
CONSTRAINTS = ["-c", "constraints.txt"]
PYTEST = ["pytest", "-n", "auto", "--dist", "worksteal"]
SUITE = [
    "tests/sdk",
    "tests/emulator",
    "tests/examples",
    "tests/importer",
    "tests/cli",
    "tests/structure",
]
TYPED = ["overlay", "emulator", "importer", "tests/typing", "examples", "bench"]
PRISM = "@stoplight/prism-cli@5.14.2"


def install_groups(session: nox.Session, *names: str, project: bool = False) -> None:
    """Install dependency groups, and the project itself if asked, as the constraints pin them."""
    requirements = nox.project.dependency_groups(PROJECT, *names)
    session.install(*requirements, *([".[all]"] if project else []), *CONSTRAINTS)


@nox.session
def generate(session: nox.Session) -> None:
    """Make generated/ from the document and the configuration."""
    install_groups(session, "generate", project=True)
    session.run("python", "tools/regenerate.py", "generate")


@nox.session
def update_spec(session: nox.Session) -> None:
    """Take ASAPP's new document, `-- NEW…`, and say what it changes; `--check` touches nothing."""
    install_groups(session, "generate", project=True)
    session.run("python", "tools/update_document.py", *(session.posargs or ["--help"]))


@nox.session(python=PYTHONS)
def check_generated(session: nox.Session) -> None:
    """Fail unless generated/ is exactly what its inputs make."""
    install_groups(session, "generate", project=True)
    session.install("hypothesis", "pytest", "pytest-xdist", *CONSTRAINTS)
    session.run("python", "tools/regenerate.py", "check")
    if session.python == PYTHONS[0]:
        session.run(*PYTEST, "tests/generation", "tests/documents", "-m", "not wide and not corner")


@nox.session(tags=["slow"])
def documents(session: nox.Session) -> None:
    """Put many changed documents in the place of ours: each works whole or is refused in words."""
    install_groups(session, "generate", project=True)
    session.install("hypothesis", "pytest", "pytest-xdist", *CONSTRAINTS)
    session.run(*PYTEST, "tests/documents", *(session.posargs or ["-m", "wide"]))


@nox.session(tags=["slow"])
def changed_suite(session: nox.Session) -> None:
    """Run the suite over the client of a changed document: `-- CHANGE…`, or many at once."""
    install_groups(session, "generate", "test", project=True)
    session.run("python", "tests/documents/suite_over.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def api(session: nox.Session) -> None:
    """Fail on a change of what users see that the version does not announce; `--write` records it."""
    install_groups(session, "generate", project=True)
    session.install("pytest", *CONSTRAINTS)
    session.run("python", "tools/public_api.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    install_groups(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the packages and of what users write, for every supported Python."""
    install_groups(session, "types", project=True)
    for version in PYTHONS:
        session.run("mypy", "--python-version", version, *TYPED)
    # The node that the group brings along, so that pyright looks for no other and no newer self.
    env = {"PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    # A second opinion about our own types, not about the standard library's: one Python will do.
    session.run("pyright", "--pythonversion", PYTHONS[0], *TYPED, env=env)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite against the installed project, on one Python under coverage."""
    install_groups(session, "test", project=True)
    command = [*PYTEST, *(session.posargs or SUITE)]
    if session.python == MEASURED:
        session.run("coverage", "erase")
        command = ["coverage", "run", "-m", *command]
    session.run(*command)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report what `tests` covered, in all its processes."""
    session.install("coverage[toml]", *CONSTRAINTS)
    if not any(Path().glob(".coverage.*")):
        session.error(f"nothing is measured yet: tests-{MEASURED} does it, and needs that Python")
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=PYTHONS[-1], tags=["slow"])
def docs(session: nox.Session) -> None:
    """Build the site into build/site, where a warning is an error, and run what its pages show."""
    install_groups(session, "docs", project=True)
    shutil.rmtree("build/site", ignore_errors=True)
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-E", "docs", "build/site")
    session.run(*PYTEST, *(session.posargs or ["tests/docs"]))


@nox.session(python=PYTHONS[-1])
def picture(session: nox.Session) -> None:
    """Draw docs/import.svg, an import as a terminal shows it, from a real one into the emulator."""
    install_groups(session, "docs", project=True)
    session.run("python", "tools/picture.py", "docs/import.svg")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and memory, and write the table of docs/numbers.md; nothing depends on it."""
    install_groups(session, "test", project=True)
    session.run("python", "bench/table.py", "--save", "docs", *session.posargs)


@nox.session(tags=["slow"])
def stores(session: nox.Session) -> None:
    """Import from a local S3 server, and into and from snapshots there."""
    # The server holds back what the lock is ahead of.
    session.install(
        ".[all]", *nox.project.dependency_groups(PROJECT, "test"), "moto[s3]", "flask-cors"
    )
    session.run("pytest", "tests/importer/test_stores.py", env={"S3_SERVER": "moto"})


@nox.session(python=PYTHONS[0], tags=["slow"])
def spark(session: nox.Session) -> None:
    """Prepare snapshots on a local cluster of Spark, and import them; needs Java 17 or later."""
    if shutil.which("java") is None:
        session.skip("no Java is installed, and Spark needs Java 17 or later")
    session.install(".[importer,emulator,spark]", "hypothesis", "pytest", *CONSTRAINTS)
    session.run("pytest", *(session.posargs or ["tests/spark"]))


@nox.session(tags=["slow"])
def endurance(session: nox.Session) -> None:
    """Kill imports again and again, and see that they end exact."""
    install_groups(session, "test", project=True)
    session.run(*PYTEST, *(session.posargs or ["tests/endurance"]))


@nox.session(python=PYTHONS[0], tags=["slow"])
def lowest(session: nox.Session) -> None:
    """Run the suite against the oldest dependencies that pyproject.toml allows."""
    project = PROJECT["project"]
    # Spark comes along for its own session alone.
    extras = [items for name, items in project["optional-dependencies"].items() if name != "spark"]
    declared = [*project["dependencies"], *(item for extra in extras for item in extra)]
    oldest = [item.replace(">=", "==") for item in declared if not item.startswith(project["name"])]
    # The oldest DuckDB uses of pandas what later ones warn of.
    groups = nox.project.dependency_groups(PROJECT, "test")
    session.install(".[all]", *oldest, *groups, "pandas<3.1")
    session.run(*PYTEST, *(session.posargs or SUITE))


@nox.session(python=PYTHONS[-1], reuse_venv=False, tags=["newest"])
@nox.parametrize("pre", [False, True], ids=["released", "pre"])
def highest(session: nox.Session, pre: bool) -> None:
    """Run the suite with the newest of all that users may have, without our constraints.

    With what is not even released yet, too. What the generator needs is pinned for itself.
    """
    newest = ["--upgrade", *(["--pre"] if pre else [])]
    # Tools may be as they are pinned: it is about what users install.
    install_groups(session, "test")
    session.install(*newest, ".[all]")
    session.run(*PYTEST, *(session.posargs or SUITE))


@nox.session(reuse_venv=False, tags=["slow"])
def wheel(session: nox.Session) -> None:
    """Run the SDK's tests, and the types of what users write, against the wheel."""
    session.install("build", *CONSTRAINTS)
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", "--outdir", folder, silent=True)
        (built,) = Path(folder).glob("*.whl")
        session.install(f"{built}[all]", *CONSTRAINTS)
        install_groups(session, "types")
        session.run(*PYTEST, "tests/sdk")
        # In a folder of its own, so that no source of ours stands in for what is installed.
        shutil.copytree("tests/typing", Path(folder, "typing"))
        session.chdir(folder)
        session.run("mypy", "--strict", "typing")


TRIAL = """
import httpx
from asapp_conversations import Client, agent
from asapp_conversations_client.facts import BATCH

success = int(next(iter(BATCH.operation.successes)).replace("X", "0"))
transport = httpx.MockTransport(lambda request: httpx.Response(success, json={}))
with Client("id", "secret", transport=transport) as client:
    messages = [agent("Hello", "agent-1", "2024-03-04T08:00:00Z")]
    assert client.create_messages("01HNE48VMKNZ0B0SG3CEFV24WM", messages).stored == 1
"""
"""What the SDK does without any extra."""


@nox.session(python=PYTHONS[0], reuse_venv=False, tags=["slow"])
def release_check(session: nox.Session) -> None:
    """Build twice, judge what would be published, and try it in an empty environment."""
    session.install("build", "twine", *CONSTRAINTS)
    with tempfile.TemporaryDirectory() as folder:
        builds = [str(Path(folder, name)) for name in ("first", "second")]
        for target in builds:
            session.run("python", "-m", "build", "--outdir", target, silent=True)
        session.run("python", "tools/release.py", *builds)
        files = sorted(map(str, Path(builds[0]).iterdir()))
        session.run("twine", "check", "--strict", *files)
        empty = Path(folder, "empty")
        session.run("python", "-m", "venv", str(empty))
        (built,) = (name for name in files if name.endswith(".whl"))
        install = [str(empty / "bin" / "pip"), "install", "--quiet", built, *CONSTRAINTS]
        session.run(*install, external=True)
        python = str(empty / "bin" / "python")
        session.run(python, "-W", "error", "-c", TRIAL, external=True)
        session.run(str(empty / "bin" / "asapp-conversations"), "--version", external=True)


@nox.session
def audit(session: nox.Session) -> None:
    """Ask what holes are known in what we pin; needs the network."""
    session.install("pip-audit")
    session.run("pip-audit", "--no-deps", "--disable-pip", "--requirement", "constraints.txt")


@nox.session
def lock(session: nox.Session) -> None:
    """Pin every development dependency for every supported Python in constraints.txt."""
    session.install("uv")
    session.run(
        *["uv", "pip", "compile", "--universal", "--upgrade", "--all-extras"],
        *["--python-version", PYTHONS[0]],
        *["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"],
        *["--group", "dev", "--output-file", "constraints.txt", "pyproject.toml"],
        env={"UV_CUSTOM_COMPILE_COMMAND": "nox -s lock"},
        silent=True,
    )


@nox.session(reuse_venv=False, tags=["slow"])
def downstream(session: nox.Session) -> None:
    """Run the tests of the example project that builds on the SDK against the built wheel."""
    session.install("build", *CONSTRAINTS)
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", "--outdir", folder, silent=True)
        (built,) = Path(folder).glob("*.whl")
        session.install(f"{built}[emulator]", "pytest", "pytest-xdist", *CONSTRAINTS)
        for arguments in (["--version"], ["--help"], ["emulator", "--help"]):
            session.run("asapp-conversations", *arguments, silent=True)
        # Only the extra importer brings this command; its absence has to be explained.
        said = session.run("asapp-conversations", "import", silent=True, success_codes=[2])
        if "asapp-conversations[importer]" not in str(said):
            session.error(f"the command import does not name its extra: {said}")
        session.chdir("examples/downstream")
        session.run(*PYTEST, "-p", "no:cacheprovider")


@nox.session(tags=["slow"])
def contract(session: nox.Session) -> None:
    """Hold the emulator against its document, with schemathesis, and against Prism.

    Prism needs npm; without it only the comparison with schemathesis runs, and the end says so.
    """
    install_groups(session, "test", project=True)
    # By its own bounds: it holds back what the lock is ahead of.
    session.install("schemathesis==4.32.5")
    prism = Path(session.virtualenv.location) / "prism"
    command = prism / "node_modules" / ".bin" / "prism"
    if shutil.which("npm") is None:
        session.warn("npm is not installed: the comparison with Prism is skipped")
        command = Path()
    elif not command.exists():
        session.run("npm", "install", "--prefix", str(prism), PRISM, external=True, silent=True)
    environment = {"PRISM": str(command)} if command.name else {}
    session.run("pytest", "-s", "-rs", "tests/contract", *session.posargs, env=environment)
