"""What would be published is judged: its contents, its metadata, its secrets."""

from __future__ import annotations

import io
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from release import FOLDERS, defects, metadata_defects, secrets, wanted_files
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
METADATA = "\n".join(
    [
        f"Name: {PROJECT['name']}",
        f"Requires-Python: {PROJECT['requires-python']}",
        f"License-Expression: {PROJECT['license']}",
        *(f"License-File: {each}" for each in PROJECT["license-files"]),
        *(f"Provides-Extra: {each}" for each in PROJECT["optional-dependencies"]),
        *(f"Classifier: {each}" for each in PROJECT["classifiers"]),
        *(f"Project-URL: {name}, {url}" for name, url in PROJECT["urls"].items()),
        "Description-Content-Type: text/markdown",
        "",
        f"[a]({PROJECT['urls']['Documentation']}/a.html) [b](#here)",
    ]
)


def built(folder: Path, more: dict[str, bytes], archived: dict[str, bytes], less: str = "") -> Path:
    """A wheel and an sdist as they should be, but for some files."""
    folder.mkdir()
    code = {
        path.relative_to(ROOT / name).as_posix(): path.read_bytes()
        for name in FOLDERS
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    files = {**code, "x.dist-info/METADATA": METADATA.encode()}
    files |= {"x.dist-info/licenses/LICENSE": b"", **more}
    with zipfile.ZipFile(folder / "x.whl", "w") as wheel:
        for name, content in files.items():
            if name != less:
                wheel.writestr(zipfile.ZipInfo(name), content)
    with tarfile.open(folder / "x.tar.gz", "w") as sdist:
        for name, content in {**dict.fromkeys(wanted_files(ROOT), b""), **archived}.items():
            if name == less:
                continue
            member = tarfile.TarInfo(f"x/{name}")
            member.size = len(content)
            sdist.addfile(member, io.BytesIO(content))
    return folder


def test_good_build_has_no_defect(tmp_path: Path) -> None:
    first, second = (built(tmp_path / name, {}, {}) for name in ("first", "second"))
    assert [*defects(first, second)] == []


@pytest.mark.parametrize(
    ("more", "archived", "less", "words"),
    [
        ({"other/module.py": b""}, {}, "", "differs from the sources: other/module.py"),
        ({}, {}, "asapp_conversations/py.typed", "does not say that it has types"),
        ({}, {}, "x.dist-info/licenses/LICENSE", "no LICENSE"),
        ({"x.dist-info/METADATA": b"Name: other\n\ntext"}, {}, "", "metadata is wrong in Name"),
        ({}, {"tests/test_a.py": b""}, "", "should not have"),
        ({}, {"docs/.env": b""}, "", "may be a secret"),
        ({}, {"docs/a.md": b"-----BEGIN PRIVATE KEY-----"}, "", "may be a secret"),
    ],
)
def test_each_defect_is_told(
    tmp_path: Path, more: dict[str, bytes], archived: dict[str, bytes], less: str, words: str
) -> None:
    first, second = (built(tmp_path / name, more, archived, less) for name in ("a", "b"))
    assert words in "\n".join(defects(first, second))


def test_build_that_differs_from_another_is_told(tmp_path: Path) -> None:
    first, second = built(tmp_path / "a", {}, {}), built(tmp_path / "b", {}, {"docs/b.md": b""})
    assert [*defects(first, second)] == ["x.tar.gz: built twice, it has other bytes"]
    (second / "x.whl").unlink()
    assert "one wheel and one sdist" in next(defects(first, second))


def test_readme_that_does_not_lead_to_the_site() -> None:
    elsewhere = METADATA.replace(PROJECT["urls"]["Documentation"], "https://example.com")
    told = [*metadata_defects(elsewhere, PROJECT)]
    assert told == ["its metadata is wrong in Description"]


def test_sdist_without_a_page_is_told(tmp_path: Path) -> None:
    first, second = (built(tmp_path / name, {}, {}, "docs/index.md") for name in ("a", "b"))
    assert "lacks ['docs/index.md']" in "\n".join(defects(first, second))


@pytest.mark.parametrize("link", ["[a](docs/importing.md)", "[a](../x)"])
def test_link_that_an_index_cannot_follow(link: str) -> None:
    assert [*metadata_defects(METADATA, PROJECT)] == []
    assert [*metadata_defects(METADATA + link, PROJECT)] == ["its metadata is wrong in Description"]


def test_names_of_secrets() -> None:
    names = ["a/.env", "b.pem", ".pypirc", "id_rsa", "a/keys.py", "environment.py"]
    assert secrets(dict.fromkeys(names, b"")) == names[:4]


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_workflows_may_do_little_and_run_what_is_pinned(path: Path) -> None:
    """An action is named by its digest; the tree is read, and one job alone may publish."""
    text = path.read_text()
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", each) for each in uses)
    content = YAML(typ="safe").load(text)
    assert content["permissions"] == {"contents": "read"}
    granted = [job["permissions"] for job in content["jobs"].values() if "permissions" in job]
    assert granted == ([{"id-token": "write"}] if path.stem == "release" else [])
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
