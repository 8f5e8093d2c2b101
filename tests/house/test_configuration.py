"""What an operator can set is declared once, read somewhere, and never read behind the declaration's back."""

from __future__ import annotations

import ast
import dataclasses
import re

from tests.support.sources import listing, nodes, package_sources
from vlog import config
from vlog.settings import known
from vlog.settings.spec import Setting

SETTINGS = {name: value for name, value in vars(known).items() if isinstance(value, Setting)}


def names_read_outside(module: str) -> set[str]:
    """Every name and attribute that other files of the package mention."""
    others = [source for source in package_sources() if source.module != module]
    names = {name.id for source in others for name in nodes(source, ast.Name)}
    return names | {attribute.attr for source in others for attribute in nodes(source, ast.Attribute)}


def test_every_setting_is_read() -> None:
    unread = set(SETTINGS) - names_read_outside("vlog.settings.known")
    assert not unread, listing(unread)


def test_settings_have_one_key_and_one_variable_each() -> None:
    keys = [setting.key for setting in SETTINGS.values()]
    variables = [setting.variable for setting in SETTINGS.values()]
    assert len(set(keys)) == len(keys)
    assert len({*variables, *(variable.name for variable in config.VARIABLES)}) == len(variables) + len(
        config.VARIABLES
    )


def test_defaults_obey_their_own_bounds() -> None:
    for setting in SETTINGS.values():
        assert setting.validate(setting.default) == setting.default


def test_every_field_of_the_configuration_is_read() -> None:
    """A field may be read through a property of the configuration itself."""
    [own] = [source for source in package_sources() if source.module == "vlog.config"]
    derived = {attribute.attr for attribute in nodes(own, ast.Attribute)}
    fields = {field.name for field in dataclasses.fields(config.Config)}
    unread = fields - names_read_outside("vlog.config") - derived
    assert not unread, listing(unread)


def test_no_variable_is_read_undeclared() -> None:
    declared = {variable.name for variable in config.VARIABLES}
    declared |= {setting.variable for setting in SETTINGS.values()}
    strays = [
        f"{source.at(text)} {text.value}"
        for source in package_sources()
        for text in nodes(source, ast.Constant)
        if isinstance(text.value, str) and re.fullmatch(r"VLOG_[A-Z_]+", text.value)
        if text.value not in declared
    ]
    assert not strays, listing(strays)
