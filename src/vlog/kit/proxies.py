"""Who the client is when proxies stand in between: only what a trusted proxy has added is believed.

Each proxy appends the address it was asked from to ``X-Forwarded-For``, so the list grows to the right. Read
from the right, every entry is the word of the hop behind it; the first that is no trusted proxy is the
client, and whatever stands further left is that client's own claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# More hops than any chain of proxies has.
MAX_HOPS = 32

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The networks whose word is believed; none by default."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._networks = tuple(networks)
        self._trusts = lru_cache(maxsize=256)(self._look)

    @classmethod
    def parse(cls, text: str) -> TrustedProxies:
        """Read addresses and networks (CIDR) between commas; raises ``ValueError`` for anything else."""
        return cls([ip_network(part.strip()) for part in text.split(",") if part.strip()])

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrustedProxies) and self._networks == other._networks

    def __repr__(self) -> str:
        return f"TrustedProxies({', '.join(map(str, self._networks))})"

    def trusts(self, peer: str) -> bool:
        """Whether this peer's headers are believed."""
        return bool(self._networks) and self._trusts(peer)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The client's address, given the peer's and every ``X-Forwarded-For`` in the order of the request.

        What can't be read ends the walk: the nearest hop that was named properly counts.
        """
        client = peer
        entries = ",".join(forwarded_for).rsplit(",", MAX_HOPS)[-MAX_HOPS:]
        for entry in reversed(entries):
            if not self.trusts(client):
                break
            address = address_of(entry)
            if address is None:
                break
            client = str(address)
        return client

    def _look(self, peer: str) -> bool:
        address = address_of(peer)
        return address is not None and any(address in network for network in self._networks)


def address_of(entry: str) -> Address | None:
    """The address that an entry names, without port, brackets or zone; ``None`` for anything else.

    An IPv4 address inside an IPv6 one is the IPv4 address: a dual-stack socket names peers so.
    """
    text = entry.strip()
    if text.startswith("["):
        text, _, port = text[1:].partition("]")
        if port and not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, number = text.partition(":")
        if not _is_port(f":{number}"):
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_port(text: str) -> bool:
    number = text[1:]
    return text.startswith(":") and number.isascii() and number.isdigit() and int(number[:6]) <= 65_535
