"""By which names a service that is not for everybody answers: a foreign one is how other sites get in.

A page of another site can have its own name lead to an address of the visitor's network (DNS rebinding), and
their browser then takes an inner service for a part of that site. What can't change is the name that the
browser sends. Foreign pages have names of the public DNS; addresses, names without a dot and names that no
registry hands out can't be theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from vlog.kit.proxies import address_of

EVERYBODY = "*"
# RFC 6761 (localhost, test), RFC 6762 (local), RFC 8375 (home.arpa); ICANN keeps internal for private use
# (2024). The last two are what home routers hand out; no registry does.
_OURS = ("localhost", "test", "local", "home.arpa", "internal", "lan", "home")
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class KnownHosts:
    """Names that are known beside those that can only be of this network.

    ``*.example.org`` stands for all names below it, ``*`` for every name.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self.knows = lru_cache(maxsize=256)(self._look)

    @classmethod
    def parse(cls, text: str) -> KnownHosts:
        """Read names between commas; raises ``ValueError`` for anything else, such as addresses of pages."""
        names = [part.strip().lower() for part in text.split(",") if part.strip()]
        for name in names:
            if name != EVERYBODY and not _NAME.fullmatch(name):
                raise ValueError(f"{name} is no name of a host")
        return cls(names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KnownHosts) and self._names == other._names

    def __hash__(self) -> int:
        return hash(self._names)

    def __repr__(self) -> str:
        return f"KnownHosts({', '.join(sorted(self._names))})"

    def also(self, names: Iterable[str]) -> KnownHosts:
        """These and more."""
        return KnownHosts([*self._names, *names])

    def _look(self, host: str) -> bool:
        """Whether ``Host``, with or without a port, is one that the service answers to."""
        if EVERYBODY in self._names or host.startswith("[") or address_of(host) is not None:
            return True
        name = host.partition(":")[0].lower().rstrip(".")
        if "." not in name or name in self._names:
            return True
        return any(name.endswith(f".{ours}") for ours in _OURS) or any(
            name.endswith(known[1:]) for known in self._names if known.startswith("*.")
        )
