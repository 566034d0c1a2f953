"""What people and tests ask the emulator about itself: JSON under /_emulator, and a page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from attrs import asdict
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from .asgi import CONTROL, Application, Receive, Scope, Send
from .faults import BODIES, KINDS
from .service import Service

Endpoint = Callable[[Request], Awaitable[Response]]


def create_control(service: Service) -> Application:
    """The endpoints under /_emulator, which answer this machine alone."""
    endpoints = _Endpoints(service)
    routes = [
        Route("/", endpoints.page),
        Route("/stats", endpoints.stats),
        Route("/conversations", endpoints.conversations),
        Route("/conversations/{conversation_id}/messages", endpoints.messages),
        Route("/requests", endpoints.requests),
        Route("/faults", endpoints.faults),
        Route("/faults", endpoints.set_faults, methods=["PUT"]),
        Route("/faults/next", endpoints.fail_next, methods=["POST"]),
        Route("/clock", endpoints.clock),
        Route("/clock", endpoints.set_clock, methods=["PUT"]),
        Route("/reset", endpoints.reset, methods=["POST"]),
    ]
    return Starlette(
        routes=[Route(CONTROL, endpoints.page), Mount(CONTROL, routes=routes)],
        middleware=[Middleware(_ThisMachineOnly)],
        exception_handlers={ValueError: _refuse, HTTPException: _refuse},
    )


async def _refuse(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    return JSONResponse({"error": str(error)}, 400)


class _Endpoints:
    """One method for each route; the service decides."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def page(self, request: Request) -> Response:
        page, policy = _page()
        return HTMLResponse(page, headers={"content-security-policy": policy})

    async def stats(self, request: Request) -> Response:
        return JSONResponse(self._service.stats())

    async def conversations(self, request: Request) -> Response:
        """Latest first; those whose id has `?having=`, `?limit=` of them after `?offset=`."""
        query = request.query_params
        with self._service.lock:
            found = self._service.store.conversations(
                query.get("having", ""), _whole(query, "limit", -1), _whole(query, "offset", 0)
            )
        return JSONResponse(found)

    async def messages(self, request: Request) -> Response:
        with self._service.lock:
            held = self._service.store.messages(request.path_params["conversation_id"])
        if held is None:
            return JSONResponse({"error": "there is no such conversation"}, 404)
        return JSONResponse({"messages": held})

    async def requests(self, request: Request) -> Response:
        """The last requests, the latest first; `?limit=` of them, 100 by default."""
        limit = _whole(request.query_params, "limit", 100)
        with self._service.lock:
            latest = list(self._service.journal.requests)[::-1][:limit]
        return JSONResponse({"requests": [asdict(each) for each in latest]})

    async def faults(self, request: Request) -> Response:
        with self._service.lock:
            plan = self._service.plan
            waiting = [
                {"conversation_id": conversation_id, "faults": list(map(str, faults))}
                for conversation_id, faults in plan.waiting().items()
            ]
        return JSONResponse(
            {
                "faults": list(map(str, plan.faults)),
                "share": plan.share,
                "seed": plan.seed,
                "next": waiting,
                "kinds": KINDS,
                "bodies": BODIES,
            }
        )

    async def set_faults(self, request: Request) -> Response:
        """`{"faults": ["503", "reset,stored"], "share": 0.2, "seed": 1}`; `[]` takes them off."""
        body = await _read(request, faults=list, share=(int, float), seed=int)
        self._service.set_faults(**{"faults": [], **body})
        return await self.faults(request)

    async def fail_next(self, request: Request) -> Response:
        """`{"fault": "503", "count": 2, "conversation_id": "ABC"}`."""
        body = await _read(request, fault=(str, int), count=int, conversation_id=(str, type(None)))
        if "fault" not in body:
            raise HTTPException(400, 'name the fault, such as {"fault": "503"}')
        self._service.fail_next(**body)
        return await self.faults(request)

    async def clock(self, request: Request) -> Response:
        now = datetime.fromtimestamp(self._service.now()).astimezone()
        return JSONResponse({"time": now.isoformat()})

    async def set_clock(self, request: Request) -> Response:
        """`{"time": "2026-01-31T23:59:50Z"}`."""
        body = await _read(request, time=str)
        self._service.set_time(datetime.fromisoformat(body.get("time", "")))
        return await self.clock(request)

    async def reset(self, request: Request) -> Response:
        self._service.reset()
        return JSONResponse(self._service.stats())


async def _read(request: Request, **types: Any) -> dict[str, Any]:
    """The JSON object of a request, with no other keys and types than those."""
    try:
        body = await request.json()
    except ValueError:
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    for key, value in body.items():
        if key not in types:
            raise HTTPException(400, f"{key!r} is not a known key; use one of {', '.join(types)}")
        if not isinstance(value, types[key]) or isinstance(value, bool):
            raise HTTPException(400, f"{key!r} has the wrong type")
    return cast("dict[str, Any]", body)


def _whole(query: Any, name: str, default: int) -> int:
    text = query.get(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise HTTPException(400, f"{name} must be a whole number") from None


@cache
def _page() -> tuple[str, str]:
    """The page, and the policy that lets it run its own script and load nothing else."""
    page = files("asapp_conversations_emulator").joinpath("page.html").read_text("utf-8")
    script = page.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return page, (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


class _ThisMachineOnly:
    """Refuses callers from elsewhere, and web pages of other sites in a browser here."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        client = request.client
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        local = client is not None and ip_address(client.host).is_loopback and _is_local(host)
        if local and origin in {None, f"http://{host}"}:
            await self._app(scope, receive, send)
        else:
            denial = JSONResponse(
                {"error": "only the machine that runs the emulator may use this"}, 403
            )
            await denial(scope, receive, send)


def _is_local(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
