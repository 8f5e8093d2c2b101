"""One log per process: a line per fact, key-values, readable for people or JSON for machines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from vlog.config import Config
from vlog.kit.lines import printable

HIDDEN = "***"
# Parts of keys whose values no log may hold, whoever logs them.
_SECRET_WORDS = ("secret", "password", "token", "authorization", "cookie", "api_key", "dsn", "database_url")
# Their chatter at info repeats what our own lines say.
_QUIET = ("asyncio", "httpx", "httpcore", "alembic", "uvicorn", "multipart", "python_multipart")


class Stream(Protocol):
    """Where lines go: a file, the terminal, or a log that several processes share."""

    def write(self, text: str, /) -> object:
        """Take a line with its end."""

    def flush(self) -> object:
        """Pass on what was written."""

    def isatty(self) -> bool:
        """Whether somebody looks at it who can see colours."""


def configure(config: Config, *, stream: Stream | None = None) -> None:
    """Send all logging of this process, ours and libraries', to ``stream`` (stderr) as ``config`` wants it.

    Call it once, before the first line; loggers made earlier follow.
    """
    output: Stream = stream or sys.stderr
    handler = logging.StreamHandler(output)
    handler.setFormatter(_formatter(config, colors=output.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # A handler that can't write (a closed pipe, a full disk) must not add a traceback per line.
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_shared(config),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: ``get_logger(__name__)``; events are short facts, all else key-values."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def bound(**values: object) -> AbstractContextManager[object]:
    """Add key-values to every line that the block, and the tasks started in it, log.

    Names in use: ``request_id``, ``job``, ``task``, ``video``, ``worker``.
    """
    return structlog.contextvars.bound_contextvars(**values)


def _shared(config: Config) -> list[Processor]:
    # For people in their own time, for machines in everybody's.
    clock = structlog.processors.TimeStamper
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        clock(fmt="iso", utc=True) if config.log_json else clock(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.processors.StackInfoRenderer(),
        _hide_secrets,
    ]


def _formatter(config: Config, *, colors: bool) -> logging.Formatter:
    rendering: list[Processor]
    if config.log_json:
        rendering = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    else:
        # Plain: the pretty tracebacks show local variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        rendering = [
            _escape_controls,
            structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, pad_event_to=30),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, *_shared(config)],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def _hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: HIDDEN if _is_secret(key) and value else value for key, value in event.items()}


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def _escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A title or user agent must not forge a line or command the terminal; tracebacks keep their lines."""
    return {key: _on_one_line(value) if key != "exception" else value for key, value in event.items()}


def _on_one_line(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _on_one_line(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_on_one_line(item) for item in value]
    return value
