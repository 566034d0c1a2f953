"""Where files are: on this machine, or in an object store of S3, Google Cloud or Azure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pyarrow as pa
from pyarrow import fs

from .sources import SourceError

REMOTE = re.compile(r"(s3|gs|az)://([^/]+)/?")
"""How the name of an object begins: its scheme and its bucket, or its container."""

MEANINGS = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
"""What each part of a pattern stands for in a regular expression."""


def is_remote(path: str) -> bool:
    """Whether it names what is in an object store."""
    return REMOTE.match(path) is not None


def locate(path: str) -> tuple[fs.FileSystem, str]:
    """The file system that a path leads to, and the path in it; credentials are found by pyarrow.

    Raises:
        SourceError: nothing says which account of Azure is meant.
    """
    remote = REMOTE.match(path)
    if remote is None:
        return fs.LocalFileSystem(), os.path.realpath(path)
    scheme, bucket = remote.groups()
    return open_store(scheme, bucket), f"{bucket}/{path[remote.end() :]}".rstrip("/")


@cache
def open_store(scheme: str, bucket: str) -> fs.FileSystem:
    if scheme == "az":
        account = os.environ.get("AZURE_STORAGE_ACCOUNT")
        if not account:
            raise SourceError(f"az://{bucket}: name the account in AZURE_STORAGE_ACCOUNT")
        return fs.AzureFileSystem(account, account_key=os.environ.get("AZURE_STORAGE_KEY"))
    # pyarrow reads everything else of AWS's variables, but not these.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if scheme == "s3" and endpoint:
        return fs.S3FileSystem(endpoint_override=endpoint)
    # For S3 this finds the region of the bucket.
    return fs.FileSystem.from_uri(f"{scheme}://{bucket}")[0]


def named(path: str, place: str) -> str:
    """The full name of what is at a place in the file system that `path` leads to."""
    return f"{path.partition('://')[0]}://{place}" if is_remote(path) else place


def open_object(path: str) -> pa.NativeFile:
    """A file to be read at any place, wherever it is."""
    store, place = locate(path)
    return store.open_input_file(place)


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turns what the system, or its own format, says of a file into a `SourceError` that names it."""
    try:
        yield
    except UnicodeEncodeError:
        raise SourceError(f"{path} cannot be read: its name is not UTF-8; rename it") from None
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise SourceError(f"{path} is not in the encoding that was told: {reason}") from None
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read: {reason}") from None


def find_objects(pattern: str) -> list[str]:
    """The objects of a store that a name or a pattern stands for, in order.

    Raises:
        SourceError: there is none, or the store cannot be reached.
    """
    with readable(pattern):
        store, place = locate(pattern)
        if store.get_file_info(place).type == fs.FileType.File:
            return [pattern]
        parts = re.split(r"(\*\*/|\*|\?)", place)
        wanted = re.compile("".join(MEANINGS.get(part, re.escape(part)) for part in parts))
        folder = parts[0].rpartition("/")[0]
        inside = store.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    found = (each.path for each in inside if each.is_file and wanted.fullmatch(each.path))
    names = sorted(named(pattern, place) for place in found)
    if not names:
        raise SourceError(f"there is no object {pattern}")
    return names
