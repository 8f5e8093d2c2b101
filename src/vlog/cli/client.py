"""The admin service as the command line sees it: JSON in, JSON out, refusals as sentences."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from vlog.config import Config, load
from vlog.kit.errors import Fault, Invalid, NotAuthenticated, NotFound, Unavailable, VlogError

SECRET_HEADER = "X-Admin-Secret"  # noqa: S105 - the header's name
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_UNAUTHORIZED = 401
_NOT_FOUND = 404


@dataclass(frozen=True)
class AdminApi:
    """A session with the admin service of ``config``."""

    config: Config
    http: httpx.Client

    def get(self, path: str, **query: str | int) -> Any:
        """The answer to GET, decoded."""
        return self.send("GET", path, params=query)

    def send(self, method: str, path: str, **options: Any) -> Any:
        """The answer to a request, decoded; ``None`` when it has no body. Raises ``VlogError``."""
        return _answer(self.exchange(method, path, **options), self.config.admin_base_url)

    def exchange(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request, whatever it says. Raises ``Unavailable`` when there is none."""
        with _reached(self.config.admin_base_url):
            return self.http.request(method, path, **options)

    @contextmanager
    def stream(self, path: str, **query: str | int) -> Iterator[httpx.Response]:
        """The answer to GET while it comes; raises ``VlogError``, also when it breaks off."""
        with _reached(self.config.admin_base_url), self.http.stream("GET", path, params=query) as response:
            if not response.is_success:
                response.read()
                raise refusal_of(response, self.config.admin_base_url)
            yield response


@contextmanager
def _reached(address: str) -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Unavailable(
            f"The admin service at {address} does not answer: start it with `vlog up`, "
            "or set VLOG_ADMIN_API_URL to where it runs.",
            code="admin_unreachable",
        ) from error
    except httpx.TimeoutException as error:
        raise Unavailable(f"The admin service at {address} took too long to answer.") from error
    except httpx.HTTPError as error:
        raise Unavailable(f"The connection to {address} broke: {error}") from error


@contextmanager
def admin_api() -> Iterator[AdminApi]:
    """A session with the admin service that the environment names; asks for the secret where it has none."""
    config = load()
    headers = {SECRET_HEADER: config.admin_secret or _ask_secret(), "Accept": "application/json"}
    with httpx.Client(base_url=config.admin_base_url, headers=headers, timeout=_TIMEOUT) as http:
        yield AdminApi(config, http)


def _ask_secret() -> str:
    if not sys.stdin.isatty():
        raise NotAuthenticated("Set VLOG_ADMIN_API_SECRET to the admin secret.", code="secret_missing")
    secret = getpass.getpass("Admin secret: ").strip()
    if not secret.isascii() or not secret.isprintable():
        raise Invalid("This secret can't be sent from here: it has other than ASCII characters.")
    return secret


def refusal_of(response: httpx.Response, address: str) -> VlogError:
    """What a refusal says; ``details`` are the server's figures."""
    try:
        body = response.json() if response.content else None
    except ValueError:
        return _senseless(response, address)
    return _refusal(response, body)


def _answer(response: httpx.Response, address: str) -> Any:
    try:
        body = response.json() if response.content else None
    except ValueError as error:
        raise _senseless(response, address) from error
    if response.is_success:
        return body
    raise _refusal(response, body)


def _senseless(response: httpx.Response, address: str) -> Fault:
    return Fault(
        f"{address} answered {response.status_code} without sense: is VLOG_ADMIN_API_URL right?",
        code="not_vlog",
    )


def _refusal(response: httpx.Response, body: object) -> VlogError:
    if response.status_code == _UNAUTHORIZED:
        return NotAuthenticated("The admin secret is not right: check VLOG_ADMIN_API_SECRET.")
    problem: Mapping[str, object] = body if isinstance(body, Mapping) else {}
    detail = str(problem.get("detail") or response.reason_phrase)
    # The request id leads to the server's log; only mistakes of ours need it.
    if response.is_server_error and (request_id := problem.get("request_id")):
        detail += f" (request {request_id})"
    details = problem.get("details")
    figures = {str(name): value for name, value in details.items()} if isinstance(details, Mapping) else {}
    kind = NotFound if response.status_code == _NOT_FOUND else VlogError
    return kind(detail, code=str(problem.get("code") or response.status_code), **figures)
