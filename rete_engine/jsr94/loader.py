"""`YAMLRuleLoader`: rules over one fact, or in the rule language, from YAML."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from rete_engine.diagnostics.errors import RuleSyntaxError, RuleValidationError
from rete_engine.jsr94.creation import as_text, of_text
from rete_engine.jsr94.exceptions import RuleExecutionSetCreateException
from rete_engine.jsr94.execution_sets import RuleExecutionSet
from rete_engine.language.reader import read_source


class YAMLRuleLoader:
    """Loads rule execution sets from YAML.

    Example:
        >>> rules = YAMLRuleLoader.from_string('''
        ... name: tiers
        ... rules:
        ...   - name: vip
        ...     condition: "fact.get('spend', 0) > 50000"
        ...     action: "{'tier': 'VIP'}"
        ... ''')
        >>> rules.get_name(), rules.get_rules()[0].action({})
        ('tiers', {'tier': 'VIP'})
    """

    @staticmethod
    def from_file(path: str | os.PathLike[str]) -> RuleExecutionSet:
        """The rules of a file.

        Raises:
            FileNotFoundError: There is none.
            RuleValidationError: It is wrong; `diagnostics` tell where and how.
        """
        name = os.fspath(path)
        if not os.path.exists(name):
            raise FileNotFoundError(f"there is no file '{name}'")
        try:
            source = read_source(name)
        except RuleSyntaxError as error:
            raise RuleValidationError(error.diagnostics) from error
        given = {"format": "yaml", "base": os.path.dirname(name) or "."}
        return of_text(source.text, given, source.name)

    @staticmethod
    def from_string(text: str) -> RuleExecutionSet:
        """The rules of a text.

        Raises:
            RuleValidationError: It is wrong; `diagnostics` tell where and how.
        """
        if not isinstance(text, str):
            raise RuleExecutionSetCreateException(f"YAML must be a text, not {type(text).__name__}")
        return of_text(text, {"format": "yaml"})

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> RuleExecutionSet:
        """The rules of a document as data.

        Raises:
            RuleValidationError: It is wrong; `diagnostics` tell how, in the document as JSON.
        """
        if not isinstance(data, Mapping):
            raise RuleExecutionSetCreateException(
                f"a document must be a mapping, not {type(data).__name__}"
            )
        return of_text(as_text(data), {"format": "yaml"}, "<document>")
