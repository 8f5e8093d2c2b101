"""Puts into the wheel what git does not hold in place: the built front end and the migrations."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VlogBuildHook(BuildHookInterface[Any]):
    """Runs for sdist and wheel. An editable install needs neither: it reads the clone itself."""

    def _is_unpacked_sdist(self) -> bool:
        # An sdist carries the built front end, so installing from it needs no node.
        return Path(self.root, "PKG-INFO").is_file()

    def dependencies(self) -> list[str]:
        """The node that pyproject's `frontend` group names, for the isolated build environment."""
        if self._is_unpacked_sdist():
            return []
        groups = tomllib.loads(Path(self.root, "pyproject.toml").read_text())["dependency-groups"]
        return [str(requirement) for requirement in groups["frontend"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end; place migrations where the installed package looks for them."""
        if version == "editable":
            return
        if not self._is_unpacked_sdist():
            subprocess.run([sys.executable, Path(self.root, "tools", "build_frontend.py")], check=True)
        if self.target_name == "wheel":
            build_data["force_include"]["migrations"] = "vlog/_migrations"
