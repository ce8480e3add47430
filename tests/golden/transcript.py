"""Golden cases: a rule text, a script, and what came of it, in one file.

The rule text stands first and may be any text, wrong ones too. After it come comment lines:

    #> insert Order(id = 1) ...   a command, in the language of actions (or a call, see `Script`)
    #= fired ...                  what came of it
    # anything else               a comment

`pytest --update-golden` writes the `#=` lines anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from rete_engine import (
    Diagnostic,
    Fact,
    RuleEngineError,
    RuleSet,
    RuleSyntaxError,
    RuleValidationError,
    Session,
)
from rete_engine.expressions import tree
from rete_engine.language.parser import parse_actions
from rete_engine.language.reader import make_source
from rete_engine.model import actions as model
from rete_engine.session.batch import Batch
from tests.reference.evaluation import Evaluator, read_live

COMMAND, OUTPUT = "#> ", "#= "


def transcribe(path: Path) -> str:
    """The text of a case with the outputs as they are now."""
    lines = path.read_text(encoding="utf-8").split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(COMMAND))
    script = Script("\n".join(lines[:first]) + "\n", path)
    found = lines[:first]
    try:
        for line in lines[first:]:
            if line.startswith(OUTPUT.rstrip()):
                continue
            found.append(line)
            if line.startswith(COMMAND):
                output = script.execute(line.removeprefix(COMMAND))
                folder = f"{path.resolve().parent}{os.sep}"  # is another one everywhere
                found.extend((OUTPUT + row.replace(folder, "")).rstrip() for row in output)
    finally:
        script.end()
    return "\n".join(found)


def title(path: Path) -> str:
    """What a case shows."""
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert first.startswith("# title: "), f"{path.name} begins with no '# title: …'"
    return first.removeprefix("# title: ")


def external(function: Callable[..., object]) -> Callable[..., object]:
    EXTERNALS[function.__name__] = function
    return function


#: What texts may declare as `external function`.
EXTERNALS: dict[str, Callable[..., object]] = {}


@external
def twice(value: Any) -> object:
    return value * 2


@external
def fail(message: str) -> object:
    raise ValueError(message)


@external
def title_of(fact: Fact) -> object:
    return f"{fact.template} {fact.fact_id}"


class Script:
    """A rule text under a script: each command answers with lines of output."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path
        self.rules: RuleSet | None = None
        self.problems: tuple[Diagnostic, ...] = ()
        self.opened: Session | None = None
        self.changes: Batch | None = None  # between `batch()` and `commit()`
        self.stack = contextlib.ExitStack()  # closes the batch
        self.names: dict[str, object] = {}
        self.transcript: list[str] = []
        self.said: list[str] = []  # by the action that is firing
        self.handler = Handler(self.said)
        logger = logging.getLogger("rete_engine")
        self.level = logger.level
        logger.addHandler(self.handler)
        logger.setLevel(logging.DEBUG)
        self.compile()

    def compile(self) -> None:
        try:
            self.rules = RuleSet.parse(
                self.text,
                name=self.path.name,
                functions=EXTERNALS,
                base=self.path.parent,
                format=self.path.suffix.removeprefix("."),
            )
            self.problems = tuple(self.rules.diagnostics)
        except (RuleSyntaxError, RuleValidationError) as error:
            self.problems = error.diagnostics

    def end(self) -> None:
        """Leave no trace in the process."""
        logger = logging.getLogger("rete_engine")
        logger.removeHandler(self.handler)
        logger.setLevel(self.level)
        if self.opened is not None:
            self.opened.close()

    @property
    def session(self) -> Session:
        """The session, opened when it is first needed."""
        if self.opened is None:
            self.open()
        assert self.opened is not None
        return self.opened

    def open(self, **options: Any) -> None:
        """Open a session."""
        assert self.rules is not None, "\n".join(map(str, self.problems))
        if self.opened is not None:
            self.opened.close()
            self.opened = None
        options.setdefault("clock", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
        self.opened = self.rules.session(
            out=lambda text: self.said.append(f"printed: {text}"), **options
        )
        self.opened.on("fire", self.fired)

    # -- commands ------------------------------------------------------------------------------

    def execute(self, command: str) -> list[str]:
        """Execute one command; the output."""
        statements, problems = parse_actions(make_source(command))
        assert not problems, "\n".join(map(str, problems))
        self.transcript = []
        for statement in statements:
            try:
                self.statement(statement)
            except RuleEngineError as error:
                self.flush()
                self.transcript += f"{type(error).__name__}: {error}".split("\n")
        return self.transcript

    def statement(self, node: model.Action) -> None:
        evaluator = ScriptEvaluator(self.names.__getitem__, read_live, VALUES)
        match node:
            case model.InsertAction(name=name) | model.UpsertAction(name=name):
                template, given = self.call(node.fact.function, node.fact.arguments, evaluator)
                target: Any = self.changes or self.session
                verb = target.insert if isinstance(node, model.InsertAction) else target.upsert
                fact = verb(template, **given)
                if name is not None:
                    self.names[name] = fact
            case model.ModifyAction():
                fact = evaluator.value(node.target)
                given = {str(a.name): evaluator.value(a.value) for a in node.arguments}
                (self.changes or self.session).modify(fact, **given)
            case model.RetractAction():
                for expression in node.targets:
                    (self.changes or self.session).retract(evaluator.value(expression))
            case model.AssignAction():
                self.names[node.name] = evaluator.value(node.value)
            case model.EmitAction():  # shows a value of the script's own
                self.transcript.append(self.shown(evaluator.value(node.value)))
            case model.FocusAction():
                self.session.focus(node.group)
            case model.CallAction():
                name, given = self.call(node.call.function, node.call.arguments, evaluator)
                getattr(self, f"do_{name}")(**given)
            case _:
                raise NotImplementedError(type(node).__name__)

    def call(
        self, function: Any, arguments: Any, evaluator: Evaluator
    ) -> tuple[str, dict[str, Any]]:
        """A name and its arguments; ones without a name are numbered: `_0`."""
        given = {
            argument.name or f"_{place}": evaluator.value(argument.value)
            for place, argument in enumerate(arguments)
        }
        return function.name, given

    def do_check(self) -> None:
        """The diagnostics."""
        for problem in self.problems:
            self.transcript += str(problem).split("\n")
        if not self.problems:
            self.transcript.append("no diagnostics")

    def do_session(self, **options: Any) -> None:
        """Open a session (another one) with options; `functions = false` provides none."""
        if options.pop("functions", None) is False:
            assert self.rules is not None
            self.rules._functions.clear()
        self.open(**options)

    def do_run(self, **options: Any) -> None:
        """Run; every firing with what it said, then the outputs and why the run ended."""
        options.setdefault("limit", 100)  # a case that loops by mistake ends
        result = self.session.run(**options)
        self.flush()
        self.transcript += [f"emitted: {self.shown(value)}" for value in result.outputs]
        for error in result.errors:
            self.transcript += f"failed: {error}".split("\n")
        self.transcript.append(f"{result.stopped} after {result.fired}")
        if result.loop is not None:
            self.transcript.append(f"loop: {result.loop}")

    def do_step(self) -> None:
        """Fire one rule."""
        if self.session.step() is None:
            self.transcript.append("nothing to fire")
        self.flush()

    def do_agenda(self, **options: Any) -> None:
        """What waits, the next one first."""
        waiting = self.session.agenda(**options)
        if not waiting:
            self.transcript.append("nothing waits")
        for entry in waiting:
            salience = f" (salience {entry.salience})" if entry.salience else ""
            group = f" (group {entry.group})" if entry.group != "main" else ""
            shown = self.bindings(entry.bindings, entry.facts)
            self.transcript.append(f"waiting: {entry.rule}{salience}{group}{shown}")

    def do_listen(self) -> None:
        """Tell of activations that come and cease from now on."""
        for event in ("activate", "cancel"):
            self.session.on(event, partial(self.told, event))

    def told(self, event: str, entry: Any) -> None:
        """Take note of an event."""
        shown = self.bindings(entry.bindings, entry.facts)
        self.transcript.append(f"{event}: {entry.rule}{shown}")

    def do_facts(self, _0: str | None = None, **equal: Any) -> None:
        """The facts."""
        facts = self.session.facts(_0, **equal)
        if not facts:
            self.transcript.append("no facts")
        for fact in facts:
            fields = ", ".join(f"{k} = {self.shown(v)}" for k, v in fact.as_dict().items())
            self.transcript.append(f"{self.shown(fact)}: {fields}".rstrip(": "))

    def do_insert_many(self, _0: str, _1: list[dict[str, Any]]) -> None:
        """Insert rows."""
        self.transcript.append(f"inserted {self.session.insert_many(_0, _1)}")

    def do_batch(self) -> None:
        """Begin changes that are made together."""
        self.changes = self.stack.enter_context(self.session.batch())

    def do_commit(self) -> None:
        """Make them."""
        self.changes = None
        self.stack.close()

    def do_drop(self) -> None:
        """Drop them."""
        self.changes = None
        with contextlib.suppress(KeyboardInterrupt), self.stack:
            raise KeyboardInterrupt

    def do_reset(self) -> None:
        """Begin anew."""
        self.session.reset()

    def do_enable(self, _0: str) -> None:
        """Turn a rule on."""
        self.session.enable(_0)

    def do_disable(self, _0: str) -> None:
        """Turn a rule off."""
        self.session.disable(_0)

    def do_close(self) -> None:
        """Close the session."""
        self.session.close()

    # -- output --------------------------------------------------------------------------------

    def fired(self, firing: Any) -> None:
        """Take note of a firing and of what it said."""
        said = list(self.said)
        self.said.clear()
        shown = self.bindings(firing.bindings, firing.facts)
        self.transcript += [f"fired: {firing.rule}{shown}", *(f"  {line}" for line in said)]

    def flush(self) -> None:
        """What was said without a firing: there should be nothing."""
        self.transcript += [f"  {line}" for line in self.said]
        self.said.clear()

    def bindings(self, bindings: Mapping[str, object], facts: tuple[Fact, ...]) -> str:
        """A match in a line: its variables, then the facts that have none."""
        shown = [f"{name} = {self.shown(value)}" for name, value in bindings.items()]
        named = [value for value in bindings.values() if isinstance(value, Fact)]
        shown += [self.shown(fact) for fact in facts if not any(fact == n for n in named)]
        return f" ({', '.join(shown)})" if shown else ""

    def shown(self, value: object) -> str:
        """A value, a fact by template and number."""
        if isinstance(value, Fact):
            gone = "" if value.is_live else " (gone)"
            return f"{value.template} {value.fact_id}{gone}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.shown, value))}]"
        if isinstance(value, tuple):
            end = "," if len(value) == 1 else ""
            return f"({', '.join(map(self.shown, value))}{end})"
        if isinstance(value, dict):
            pairs = (f"{self.shown(key)}: {self.shown(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, (set, frozenset)):
            return f"{{{', '.join(sorted(map(self.shown, value)))}}}"
        if isinstance(value, (date, Decimal, timedelta)):
            return f"{type(value).__name__} {value}"
        return repr(value)


class ScriptEvaluator(Evaluator):
    """Evaluates the expressions of scripts, whose facts are the engine's."""

    def attribute(self, target: object, node: tree.Attribute) -> object:
        return getattr(target, node.name)


class Handler(logging.Handler):
    """Notes what is logged."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"logged {record.levelname.lower()}: {record.getMessage()}")


#: What values in scripts may call.
VALUES: dict[str, Callable[..., object]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "decimal": Decimal,
}


def cases(folder: Path) -> Iterator[Path]:
    """The cases of a folder, those in folders of their features."""
    return iter(sorted([*folder.glob("*/*.rete"), *folder.glob("*/*.yaml")]))
