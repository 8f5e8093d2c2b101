"""A log line tells a fact, to people or to machines, and no secret to anybody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from vlog.config import load
from vlog.telemetry.logs import bound, configure, get_logger

CONFIG = load({"HOME": "/home/somebody"})


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = True
    structlog.reset_defaults()


def log_to(*, as_json: bool = False, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(replace(CONFIG, log_json=as_json, log_level=level), stream=stream)
    return stream


def parsed(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_people() -> None:
    stream = log_to()
    get_logger("vlog.jobs").info("task leased", task=7, worker="w1")
    (line,) = stream.getvalue().splitlines()
    for part in ("[info", "task leased", "task=7", "worker=w1", "vlog.jobs"):
        assert part in line
    assert "\x1b" not in line


def test_a_line_for_machines() -> None:
    stream = log_to(as_json=True)
    get_logger("vlog.jobs").warning("task lost", task=7)
    (line,) = parsed(stream)
    assert line.pop("timestamp")
    assert line == {"event": "task lost", "level": "warning", "logger": "vlog.jobs", "task": 7}


def test_loggers_made_before_follow() -> None:
    early = structlog.get_logger("early")
    stream = log_to(as_json=True)
    early.info("hello")
    assert parsed(stream)[0]["event"] == "hello"


def test_context_is_on_every_line_inside_and_on_none_outside() -> None:
    stream = log_to(as_json=True)
    log = get_logger("vlog.api")
    with bound(request_id="r1"), bound(video="v"):
        log.info("inside")
        logging.getLogger("library").warning("inside too")
    log.info("outside")
    inside, library, outside = parsed(stream)
    assert (inside["request_id"], inside["video"]) == ("r1", "v")
    assert library["request_id"] == "r1"
    assert "request_id" not in outside


def test_libraries_speak_the_same_language() -> None:
    stream = log_to(as_json=True)
    logging.getLogger("uvicorn.error").warning("port %d is taken", 9000)
    logging.getLogger("httpx").info("HTTP Request: GET …")
    assert [line["event"] for line in parsed(stream)] == ["port 9000 is taken"]


def test_the_level_is_obeyed() -> None:
    stream = log_to(level="warning")
    get_logger("vlog").info("quiet")
    assert stream.getvalue() == ""
    stream = log_to(level="debug")
    get_logger("vlog").debug("loud")
    assert "loud" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_stay_out(as_json: bool) -> None:
    stream = log_to(as_json=as_json)
    get_logger("vlog").info(
        "secrets",
        admin_secret="sesame",
        Authorization="Bearer sesame",
        session_cookie="sesame",
        database_url="postgresql://vlog:sesame@/",
        X_Worker_API_Key="sesame",
    )
    assert "sesame" not in stream.getvalue()
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_what_users_type_can_not_forge_lines(as_json: bool) -> None:
    stream = log_to(as_json=as_json)
    evil = "nice\r\n2026-01-01 [info] logged in\x1b[2J"
    get_logger("vlog").info("video made", title=evil, tags=[evil], fields={"a": evil})
    logging.getLogger("library").warning(evil)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_names_the_place_and_no_variables(as_json: bool) -> None:
    stream = log_to(as_json=as_json)
    hidden = "sesame" * 2
    try:
        raise ValueError(len(hidden))
    except ValueError:
        get_logger("vlog").exception("broke")
    assert "test_logs.py" in stream.getvalue()
    assert "ValueError: 12" in stream.getvalue()
    assert "sesamesesame" not in stream.getvalue()


def test_a_stream_that_is_gone_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    stream = log_to()
    stream.close()
    get_logger("vlog").error("unheard")
    assert capsys.readouterr().err == ""
