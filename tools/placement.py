"""Where an operation is sent to, and with which keys."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from failure import RegenerationError
from references import Node, named, resolve


class NotCarriedError(Exception):
    """What one operation asks for and is not carried; the others may be."""


def servers(document: Node, item: Node, operation: Node) -> tuple[list[str], str]:
    """The origins that an operation can be sent to, and what stands before its path there."""
    listed = operation.get("servers") or item.get("servers") or document.get("servers") or []
    urls = []
    for server in listed or [{"url": "/"}]:
        url = server["url"]
        for name, variable in server.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", str(variable["default"]))
        if "{" in url:
            raise RegenerationError(f"servers: {server['url']}: a variable has no default")
        parts = urlsplit(url)
        address = re.fullmatch(r"[\w.\[\]:-]*", parts.netloc, re.ASCII)
        if not address or parts.scheme not in {"", "http", "https"}:
            raise RegenerationError(
                f"servers: {server['url']}: an address of http or https is expected, without a user"
            )
        origin = f"{parts.scheme or 'https'}://{parts.netloc}" if parts.netloc else ""
        path = "/" + re.sub(r"^(\.{0,2}/)+", "", parts.path) if parts.path else ""
        urls.append((origin, path.rstrip("/")))
    prefix = urls[0][1]
    return [origin for origin, path in urls if path == prefix and origin], prefix


def operations_elsewhere(document: Node, path: str, method: str) -> dict[str, str]:
    """The operations that are sent to another server than this one, and to which."""
    home = document["paths"][path][method]["servers"]
    return {
        f"{other_method.upper()} {other_path}": f"its server is {operation['servers'][0]['url']}, "
        "and a client sends to one alone"
        for other_path, item in document["paths"].items()
        for other_method, operation in item.items()
        if operation["servers"] and home and operation["servers"][0] not in home
    }


def needed_keys(document: Node, operation: Node) -> list[str]:
    """The security schemes whose keys an operation is sent, all of them at once."""
    stated: list[Node] = operation.get("security", document.get("security", []))
    alternatives = [each for each in stated if each]
    if not alternatives:
        return []
    schemes = named(document, "securitySchemes")
    if unknown := {name for each in alternatives for name in each} - schemes.keys():
        raise NotCarriedError(
            f"its security names {', '.join(sorted(unknown))}, which components/securitySchemes lacks"
        )

    def kind(name: str) -> str:
        scheme = resolve(document, schemes[name])
        return f"{scheme.get('type')} {scheme.get('scheme', '')}".strip().lower()

    # Keys are what this package is handed first; a bearer token is one more of them.
    for carried in ({"apikey"}, {"apikey", "http bearer"}):
        fitting = [[*each] for each in alternatives if {kind(name) for name in each} <= carried]
        if any(len(each) > 1 for each in fitting):
            return max(fitting, key=len)
        if fitting:
            # A document that means both keys often lists them as if one were enough.
            return [name for each in fitting for name in each]
    kinds = ", ".join(sorted({kind(name) for each in alternatives for name in each}))
    raise NotCarriedError(f"its security asks for {kinds}; keys (apiKey) are carried")
