"""Requests made from a contract by schemathesis, sent to an application of this process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
import requests
import schemathesis
from schemathesis import APIOperation, Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
Values = Mapping[str, Sequence[Any]]
AnyCase = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]


@dataclass
class Conversation:
    """Speaks to one application about things that exist: ``known`` are their names by parameter.

    The application lives on ``loop``; hypothesis draws in a thread of its own.
    """

    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop
    known: Values
    failures: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, set[int]] = field(default_factory=dict)
    sent: Iterator[int] = field(default_factory=itertools.count)

    def hold(self, operation: Operation, *, examples: int) -> None:
        """So many requests at least: the corners of the contract, then drawn ones, fitting and not."""
        before = next(self.sent)
        self._run(operation, HypothesisTestMode.COVERAGE, examples=1)
        corners = next(self.sent) - before
        self._run(operation, HypothesisTestMode.FUZZING, examples=max(examples - corners, examples // 3))

    def _run(self, operation: Operation, mode: HypothesisTestMode, *, examples: int) -> None:
        settings = hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            # What fails is small already: shrinking would cost more than reading it.
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        config = HypothesisTestConfig(project=operation.schema.config, modes=[mode], settings=settings)
        create_test(operation=operation, test_func=self.send, config=config)()

    def send(self, case: AnyCase) -> None:
        """One request; a wrong answer is noted once for its operation."""
        name = f"{case.operation.method.upper()} {case.operation.path}"
        self._acquaint(case)
        prepared = requests.Request(**case.as_transport_kwargs(base_url=str(self.client.base_url))).prepare()
        body: Any = prepared.body
        headers = {**self.client.headers, **{name: str(value) for name, value in prepared.headers.items()}}
        asked = self.client.request(
            str(prepared.method), str(prepared.url), content=body, headers=headers, timeout=30
        )
        answer = asyncio.run_coroutine_threadsafe(asked, self.loop).result()
        self.statuses.setdefault(name, set()).add(answer.status_code)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failure:
            self.failures.setdefault(name, f"{prepared.method} {prepared.url} {body!r}\n{failure}")

    def _acquaint(self, case: AnyCase) -> None:
        """Most requests are about something that exists: what never finds anything proves little."""
        number = next(self.sent)
        if number % 4 == 0:
            return
        for name in case.path_parameters or {}:
            if values := self.known.get(name):
                case.path_parameters[name] = values[number % len(values)]
        if isinstance(case.body, dict) and number % 4 != 1:
            for name in case.body:
                if values := self.known.get(name):
                    case.body[name] = values[number % len(values)]


def operations(contract: dict[str, Any]) -> list[Operation]:
    """All operations of a contract: what takes away comes late, wrong sign-ins (they lock the door) last."""
    schema = schemathesis.openapi.from_dict(contract)
    # Other methods are refused before anything of ours is asked; test_guards.py tries them.
    schema.config.phases.coverage.unexpected_methods = set()
    found: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
    return sorted(found, key=lambda each: ("/auth/" in each.path, each.method == "delete"))
