"""Which names can only be meant for a service of this network."""

from __future__ import annotations

import pytest

from vlog.config import load
from vlog.kit.errors import Invalid
from vlog.kit.hosts import KnownHosts


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:9001", "192.168.1.20", "[::1]:9001", "[fd00::7]", "203.0.113.9:80"),
        *("localhost:9001", "LOCALHOST.", "app.localhost", "nas", "vlog_admin:9001", "nas.local", "nas.lan"),
        *("vlog.home.arpa", "vlog.default.svc.cluster.local", "host.docker.internal"),
    ],
)
def test_addresses_and_names_of_this_network_need_no_configuration(host: str) -> None:
    assert KnownHosts().knows(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:9001", "localhost.evil.example", "127.0.0.1.nip.io", "notlocal.evil"),
        *("127.0.0.1.evil.example:9001", "evil.example.", "xlocal.co", "fritz.box"),
    ],
)
def test_names_that_anybody_can_have_need_it(host: str) -> None:
    assert not KnownHosts().knows(host)


def test_names_are_made_known() -> None:
    known = KnownHosts.parse("Vlog.Example.org, *.example.net")
    assert known.knows("vlog.example.org:9001")
    assert known.knows("a.b.example.net")
    assert not known.knows("example.net")
    assert not known.knows("evilexample.net")
    assert not known.knows("x.vlog.example.org")
    assert known.also(["evil.example"]).knows("evil.example")
    assert KnownHosts.parse("*").knows("whatever.example")


@pytest.mark.parametrize("text", ["http://vlog.example", "vlog.example:9001", "a b", "**.example", "x.*"])
def test_what_is_no_name_is_said(text: str) -> None:
    with pytest.raises(Invalid, match="VLOG_ALLOWED_HOSTS"):
        load({"VLOG_ALLOWED_HOSTS": text})
