"""What tests on real media share."""

from __future__ import annotations

import pytest

from tests.support.barcode_sources import BarcodeSources
from tests.support.jails import build
from vlog.pipeline import bubblewrap, landlock
from vlog.pipeline.jail import Jail


@pytest.fixture(scope="session")
def barcodes(tmp_path_factory: pytest.TempPathFactory) -> BarcodeSources:
    """Sources with numbered pictures, each made once."""
    return BarcodeSources(tmp_path_factory.mktemp("barcodes"))


@pytest.fixture(scope="session")
def any_jail() -> Jail:
    """The jail that this machine would use."""
    if bubblewrap.find() is None and landlock.abi() > 0:
        return build("landlock")
    return build("bubblewrap")
