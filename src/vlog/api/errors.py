"""The one place that knows HTTP statuses: errors of the house become problem+json (RFC 9457).

Every problem has ``type``, ``title``, ``status``, ``detail``, a stable ``code`` and the request's id; some
have ``details`` (figures) or ``errors`` (which field of the request is wrong). Nothing that a client sent is
repeated, and no path, statement or traceback leaves the house.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vlog.kit.errors import (
    Conflict,
    Damaged,
    Fault,
    Gone,
    Invalid,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    OutOfSpace,
    TooLarge,
    TooMany,
    Unavailable,
    VlogError,
)
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

# A checksum that does not fit its piece (tus 1.0.0, "Checksum"); no status of HTTP itself.
CHECKSUM_MISMATCH = 460
_OWN_TITLES = {CHECKSUM_MISMATCH: "Checksum Mismatch"}
# The most specific class wins.
STATUS: dict[type[VlogError], int] = {
    Damaged: CHECKSUM_MISMATCH,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Gone: HTTPStatus.GONE,
    Conflict: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    OutOfSpace: HTTPStatus.INSUFFICIENT_STORAGE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault: HTTPStatus.INTERNAL_SERVER_ERROR,
    VlogError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# Requests that are malformed rather than refused.
STATUS_OF_CODE = {
    "invalid_cursor": HTTPStatus.BAD_REQUEST,
    "invalid_ids": HTTPStatus.BAD_REQUEST,
    "too_many_ids": HTTPStatus.BAD_REQUEST,
    "empty_upload": HTTPStatus.BAD_REQUEST,
    "bad_multipart": HTTPStatus.BAD_REQUEST,
    "bad_host": HTTPStatus.BAD_REQUEST,
    "bad_tus_header": HTTPStatus.BAD_REQUEST,
    "bad_idempotency_key": HTTPStatus.BAD_REQUEST,
    "unsupported_checksum": HTTPStatus.BAD_REQUEST,
    "unsupported_tus_version": HTTPStatus.PRECONDITION_FAILED,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request_too_slow": HTTPStatus.REQUEST_TIMEOUT,
}
_CODES_OF_HTTP = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.REQUEST_TIMEOUT: "request_too_slow",
}
RETRY_AFTER_SECONDS = 5
# Nothing is wrong, and anybody can bring them about as often as they like: not worth a line each.
_ORDINARY = frozenset({"segment_not_ready"})


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, as a client is told."""

    status: int
    code: str
    detail: str
    details: Mapping[str, object] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


# Answers a problem as a page, for people who look at it in a browser.
ErrorPage = Callable[[Request, Problem], Awaitable[Response]]


def problem_of(error: VlogError) -> Problem:
    """The problem that an error of the house is."""
    known = next(kind for kind in type(error).__mro__ if kind in STATUS)
    status = STATUS_OF_CODE.get(error.code, STATUS[known])
    headers = {}
    if isinstance(error, TooMany | Unavailable):
        headers["retry-after"] = str(error.details.get("retry_after_seconds", RETRY_AFTER_SECONDS))
    return Problem(
        status=status, code=error.code, detail=error.message, details=error.details, headers=headers
    )


def problem_response(problem: Problem, *, request_id: str) -> Response:
    """The problem as ``application/problem+json``."""
    body: dict[str, object] = {
        "type": f"urn:vlog:problem:{problem.code}",
        "title": _OWN_TITLES.get(problem.status) or HTTPStatus(problem.status).phrase,
        "status": int(problem.status),
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.details:
        body["details"] = problem.details
    if problem.errors:
        body["errors"] = problem.errors
    return Response(
        msgspec.json.encode(body, enc_hook=str),
        status_code=problem.status,
        headers={"cache-control": "no-store", **problem.headers},
        media_type="application/problem+json",
    )


def internal_problem() -> Problem:
    """Our own mistake: its story is in the log, under the request's id."""
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="VLog made a mistake. The request id leads to it in the log.",
    )


def request_id_of(request: Request) -> str:
    """The id that ``middleware.Edge`` gave this request."""
    return str(request.scope.get("vlog.request_id", ""))


def install(app: FastAPI, page: ErrorPage | None = None) -> None:
    """Answer every error of ``app`` as a problem; as ``page`` where a browser asked for a page."""

    async def respond(request: Request, problem: Problem) -> Response:
        if page is not None and _wants_page(request):
            return await page(request, problem)
        return problem_response(problem, request_id=request_id_of(request))

    async def on_vlog_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, VlogError)  # noqa: S101 - registered for this class
        problem = problem_of(error)
        if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request_failed", code=error.code, reason=error.message, exc_info=error)
        elif problem.status > HTTPStatus.INTERNAL_SERVER_ERROR and error.code not in _ORDINARY:
            log.warning("request_failed", code=error.code, reason=error.message)
        return await respond(request, problem)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
        return await respond(request, _problem_of_http(error))

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
        return await respond(request, _problem_of_validation(error))

    app.add_exception_handler(VlogError, on_vlog_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)


def _wants_page(request: Request) -> bool:
    is_page = request.method in {"GET", "HEAD"} and not request.scope["path"].startswith("/api/")
    return is_page and "text/html" in request.headers.get("accept", "")


def _problem_of_http(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    code = _CODES_OF_HTTP.get(status, "http_error")
    said = "There is nothing at this address" if status is HTTPStatus.NOT_FOUND else status.description
    return Problem(
        status=status,
        code=code,
        detail=f"{said or status.phrase}.",
        headers=error.headers or {},
    )


def _problem_of_validation(error: RequestValidationError) -> Problem:
    # Only where and why: "input" would repeat what was sent, secrets and broken Unicode included.
    errors = [
        {"field": ".".join(map(str, each["loc"][1:])) or str(each["loc"][0]), "message": str(each["msg"])}
        for each in error.errors()
    ]
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return Problem(status=HTTPStatus.BAD_REQUEST, code="bad_json", detail="The body is not valid JSON.")
    first = errors[0]
    return Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid_request",
        detail=f"{first['field']}: {first['message']}.",
        errors=errors,
    )
