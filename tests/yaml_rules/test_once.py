"""A text in YAML is read once, whoever asks for it, and its shape is looked at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rete_engine import RuleSet
from rete_engine.jsr94 import YAMLRuleLoader
from rete_engine.language.yaml_models import LanguageRuleSet, RuleSetDefinition
from rete_engine.services.catalog import Catalog

ONE_FACT = """\
name: tiers
rules:
  - name: vip
    condition: "fact.get('spend', 0) > 50000"
    action: "'VIP'"
"""
LANGUAGE = """\
name: orders
templates: { Order: { fields: { total: float } } }
rules:
  - name: large
    when: "o := Order(total > 100)"
    then: "emit o.total"
"""


def load(text: str, folder: Path) -> object:
    path = folder / "rules.yaml"
    path.write_text(text)
    return Catalog().load([path])


WAYS: dict[str, Callable[[str, Path], object]] = {
    "rule set": lambda text, _: RuleSet.parse(text, format="yaml"),
    "catalog": lambda text, _: Catalog().compile("rules", text, "yaml"),
    "files of a catalog": load,
    "JSR-94": lambda text, _: YAMLRuleLoader.from_string(text),
}


@pytest.mark.parametrize("way", WAYS)
def test_rules_over_one_fact_are_read_once(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = counted(monkeypatch)
    WAYS[way](ONE_FACT, tmp_path)
    assert told == {"parse": 1, "RuleSetDefinition": 1}


@pytest.mark.parametrize("way", ["rule set", "catalog", "files of a catalog"])
def test_rules_in_the_rule_language_are_read_once(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = counted(monkeypatch)
    WAYS[way](LANGUAGE, tmp_path)
    assert told == {"parse": 1, "LanguageRuleSet": 1}


def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often PyYAML is asked to parse, and pydantic to validate."""
    told: dict[str, int] = {}

    def count(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any, **options: Any) -> Any:
            told[name] = told.get(name, 0) + 1
            return function(*given, **options)

        return counting

    monkeypatch.setattr(yaml, "parse", count("parse", yaml.parse))
    for shape in (RuleSetDefinition, LanguageRuleSet):
        counting = count(shape.__name__, shape.model_validate)
        monkeypatch.setattr(shape, "model_validate", staticmethod(counting))
    return told
