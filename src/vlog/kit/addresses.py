"""Which addresses of the internet our own requests may go to, when somebody else has said where to.

An own table, because the standard library's ``is_global`` is none of these rules: it passes addresses that
translate to this machine (NAT64, 6to4), multicast, and ranges that are routed inside only. IANA's registries
of special-purpose addresses (RFC 6890 and its successors) are the source.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's translation
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(each)
    for each in (
        "2001::/23",  # Teredo and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",
    )
)
# Whoever reaches these holds the keys of the machine: no allowance opens them.
_METADATA = frozenset(
    ipaddress.ip_address(each)
    for each in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)


def may_reach(address: str, *, allowed: Sequence[Network] = ()) -> bool:
    """Whether a request may go to this address; ``allowed`` are networks that an operator has opened.

    False for what is no address: names are to be resolved first, and exactly once.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            return False
        # What reaches an IPv4 address is judged as that.
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
    if found in _METADATA:
        return False
    if any(found in network for network in allowed if network.version == found.version):
        return True
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _REFUSED_V4)
    return found in _PUBLIC_V6 and not any(found in network for network in _REFUSED_V6)
