"""Whose address counts when proxies stand in between."""

from __future__ import annotations

import string
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.proxies import MAX_HOPS, TrustedProxies, address_of

PROXIES = TrustedProxies.parse("10.0.0.0/8, 192.0.2.1, 2001:db8:1::/48")
PEER = "10.1.2.3"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody in between, or nobody whom we know: what a stranger says of itself is nothing.
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        (PEER, [], PEER),
        (PEER, ["198.51.100.1"], "198.51.100.1"),
        # What stands further left is the client's own claim.
        (PEER, ["127.0.0.1, 10.9.9.9, 198.51.100.1"], "198.51.100.1"),
        (PEER, ["1.1.1.1, 198.51.100.1, 192.0.2.1, 10.4.5.6"], "198.51.100.1"),
        (PEER, ["1.1.1.1", "198.51.100.1", "10.4.5.6"], "198.51.100.1"),
        (PEER, ["10.7.7.7, 10.8.8.8"], "10.7.7.7"),
        # Ports, brackets, both sorts of address.
        (PEER, ["198.51.100.1:4711"], "198.51.100.1"),
        (PEER, ["[2001:db8::7]:443"], "2001:db8::7"),
        (PEER, ["2001:db8::7"], "2001:db8::7"),
        (PEER, ["198.51.100.1, [2001:db8:1::2]:80"], "198.51.100.1"),
        (PEER, ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        # What can't be read ends the walk at the hop that was named properly.
        (PEER, ["198.51.100.1, unknown"], PEER),
        (PEER, ["198.51.100.1, nonsense, 10.4.5.6"], "10.4.5.6"),
        (PEER, [""], PEER),
        (PEER, [", ,"], PEER),
        (PEER, ["198.51.100.1:99999"], PEER),
        (PEER, ["198.51.100.1:80:80"], PEER),
        (PEER, ["[2001:db8::7"], "2001:db8::7"),
        (PEER, ["010.0.0.1"], PEER),
        (PEER, ["198.51.100.1, " + "10.0.0.1, " * 5 + "10.0.0.2"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_table(peer: str, forwarded: list[str], client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_a_list_without_end_is_read_from_its_end() -> None:
    assert PROXIES.client(PEER, ["1.1.1.1, " * 100 + "198.51.100.1"]) == "198.51.100.1"
    # Proxies alone, more than any chain has: one of them is the client.
    endless = ["198.51.100.1"] + ["10.0.0.1"] * 100_000
    assert PROXIES.client(PEER, [", ".join(endless)]) == "10.0.0.1"
    assert MAX_HOPS < 100


def test_nobody_is_trusted_by_default() -> None:
    assert not TrustedProxies()
    assert not TrustedProxies.parse(" , ")
    assert TrustedProxies().client("127.0.0.1", ["198.51.100.1"]) == "127.0.0.1"


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example", "10.0.0.1/8", "10.0.0.1; 10.0.0.2"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        TrustedProxies.parse(text)


@given(st.lists(st.text(alphabet=string.printable, max_size=60), max_size=8))
def test_any_header_gives_an_address_that_somebody_trusted_named(headers: list[str]) -> None:
    client = PROXIES.client(PEER, headers)
    assert client == str(ip_address(client))
    if client != PEER:
        assert client in {str(address_of(entry)) for entry in ",".join(headers).split(",")}


@given(st.ip_addresses(), st.lists(st.ip_addresses().map(str), max_size=5), st.integers(0, 3))
def test_a_client_can_not_choose_its_address(real: object, claims: list[str], hops: int) -> None:
    """Whatever it sends itself stands left of what the first proxy has seen."""
    address = address_of(str(real))
    if PROXIES.trusts(str(real)) or address is None:
        return
    header = ", ".join([*claims, str(real), *["10.0.0.5"] * hops])
    assert PROXIES.client(PEER, [header]) == str(address)
