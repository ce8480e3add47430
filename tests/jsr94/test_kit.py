"""The scenarios of JSR-94's compatibility kit, and every exception with message and cause."""

from __future__ import annotations

import copy
import io
import json
import pickle
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest

from rete_engine import Fact, Limits, RuleEngineError, RuleSet, jsr94
from rete_engine.jsr94 import (
    STATEFUL_SESSION_TYPE,
    STATELESS_SESSION_TYPE,
    ConfigurationException,
    Handle,
    InvalidHandleException,
    InvalidRuleSessionException,
    ObjectFilter,
    ReteRuleServiceProvider,
    Rule,
    RuleAdministrationException,
    RuleException,
    RuleExecutionException,
    RuleExecutionSet,
    RuleExecutionSetCreateException,
    RuleExecutionSetDeregistrationException,
    RuleExecutionSetNotFoundException,
    RuleExecutionSetRegisterException,
    RuleServiceProviderManager,
    RuleSessionCreateException,
    RuleSessionTypeUnsupportedException,
    RuleValidationError,
    SessionError,
)

URI = "rules:kit"


@dataclass
class Customer:
    name: str
    credit_limit: float = 0.0


@dataclass
class Invoice:
    customer: str
    amount: float
    status: str = "unpaid"


@dataclass
class Receipt:
    amount: float


RULES = """\
ruleset credit "Pays invoices"
rule "pay"
    description "As long as there is credit"
when
    i := Invoice(status == "unpaid")
    c := Customer(name == i.customer, credit_limit >= i.amount)
then
    modify c(credit_limit = c.credit_limit - i.amount)
    modify i(status = "paid")
    insert Receipt(amount = i.amount)
    emit i.amount
end
"""
CLASSES = {"templates": [Customer, Invoice, Receipt]}


@pytest.fixture
def provider() -> Iterator[ReteRuleServiceProvider]:
    RuleServiceProviderManager.register_rule_service_provider(URI, ReteRuleServiceProvider)
    found = RuleServiceProviderManager.get_rule_service_provider(URI)
    assert isinstance(found, ReteRuleServiceProvider)
    yield found
    RuleServiceProviderManager.deregister(URI)


@pytest.fixture
def rules(provider: ReteRuleServiceProvider) -> RuleExecutionSet:
    administrator = provider.get_rule_administrator()
    local = administrator.get_local_rule_execution_set_provider()
    found = local.create_rule_execution_set(RULES, CLASSES)
    administrator.register_rule_execution_set("credit", found)
    return found


@pytest.fixture
def stateful(provider: ReteRuleServiceProvider, rules: RuleExecutionSet) -> Any:
    runtime = provider.get_rule_runtime()
    return runtime.create_rule_session("credit", None, runtime.STATEFUL_SESSION_TYPE)


@pytest.fixture
def stateless(provider: ReteRuleServiceProvider, rules: RuleExecutionSet) -> Any:
    runtime = provider.get_rule_runtime()
    return runtime.create_rule_session("credit", {}, runtime.STATELESS_SESSION_TYPE)


class Customers(ObjectFilter):
    resets = 0

    def filter(self, value: Any, /) -> Any:
        return value if isinstance(value, Customer) else None

    def reset(self) -> None:
        Customers.resets += 1


# -- providers -------------------------------------------------------------------------------------


def test_providers_are_registered_and_deregistered(provider: ReteRuleServiceProvider) -> None:
    assert RuleServiceProviderManager.get_rule_service_provider(URI) is provider
    assert provider.get_rule_runtime() is provider.get_rule_runtime()
    RuleServiceProviderManager.deregister_rule_service_provider(URI)
    with pytest.raises(ConfigurationException, match="rules:kit"):
        RuleServiceProviderManager.get_rule_service_provider(URI)
    with pytest.raises(ConfigurationException, match="rules:kit"):
        RuleServiceProviderManager.deregister_rule_service_provider(URI)


def test_wrong_providers_are_refused() -> None:
    wrong: list[tuple[Any, Any]] = [
        ("x", int), ("x", None), ("", ReteRuleServiceProvider), (5, ReteRuleServiceProvider),
    ]  # fmt: skip
    for uri, given in wrong:
        with pytest.raises(ConfigurationException):
            RuleServiceProviderManager.register_rule_service_provider(uri, given)


def test_a_provider_that_cannot_be_made() -> None:
    class Broken(ReteRuleServiceProvider):
        def __init__(self) -> None:
            raise OSError("no licence")

    RuleServiceProviderManager.register("broken", Broken)
    try:
        with pytest.raises(ConfigurationException, match="no licence") as raised:
            RuleServiceProviderManager.get_rule_service_provider("broken")
        assert isinstance(raised.value.get_cause(), OSError)
    finally:
        RuleServiceProviderManager.deregister("broken")


def test_exceptions_have_message_and_cause() -> None:
    cause = ValueError("why")
    below: dict[type[RuleException], list[type[RuleException]]] = {
        RuleException: [ConfigurationException, RuleExecutionException],
        RuleExecutionException: [
            InvalidHandleException, InvalidRuleSessionException, RuleExecutionSetNotFoundException,
            RuleSessionCreateException, RuleSessionTypeUnsupportedException,
        ],
        RuleAdministrationException: [
            RuleExecutionSetCreateException, RuleExecutionSetRegisterException,
            RuleExecutionSetDeregistrationException,
        ],
    }  # fmt: skip
    for base, classes in below.items():
        for cls in [base, *classes]:
            assert issubclass(cls, (base, RuleEngineError))
            error = cls("what", cause)
            assert str(error) == error.get_message() == "what"
            assert error.__cause__ is error.get_cause() is cause
            assert cls("what").get_cause() is None
            assert cls().get_message() == ""


# -- administration ----------------------------------------------------------------------------


def test_rules_tell_what_they_are(rules: RuleExecutionSet) -> None:
    assert (rules.get_name(), rules.get_description()) == ("credit", "Pays invoices")
    (rule,) = rules.get_rules()
    assert (rule.get_name(), rule.get_description()) == ("pay", "As long as there is credit")
    for owner in (rules, rule):
        assert owner.get_property("a") is None
        owner.set_property("a", 1)
        assert owner.get_property("a") == 1
        owner.set_property("a", None)
        assert owner.get_property("a") is None
        owner.set_property("a", None)
    assert rules.get_default_object_filter() is None


def test_rules_from_everything(provider: ReteRuleServiceProvider, tmp_path: Path) -> None:
    text = 'ruleset n "d"\nrule "r"\nwhen\nthen\n    emit 1\nend\n'
    document = {"name": "n", "description": "d", "rules": [{"name": "r", "then": ["emit 1"]}]}
    as_yaml = json.dumps(document)
    (tmp_path / "n.rete").write_text(text)
    (tmp_path / "n.yaml").write_text(as_yaml)
    administrator = provider.get_rule_administrator()
    local = administrator.get_local_rule_execution_set_provider({})
    remote = administrator.get_rule_execution_set_provider({})
    sets = [
        local.create_rule_execution_set(text, None),
        local.create_rule_execution_set(io.StringIO(text), {}),
        local.create_rule_execution_set(io.BytesIO(text.encode()), {}),
        local.create_rule_execution_set(as_yaml, {"format": "yaml"}),
        local.create_rule_execution_set(document, {}),
        local.create_rule_execution_set(RuleSet.parse(text), {}),
        remote.create_rule_execution_set(document, {}),
        remote.create_rule_execution_set(str(tmp_path / "n.rete"), {}),
        remote.create_rule_execution_set(tmp_path / "n.yaml", {}),
        remote.create_rule_execution_set((tmp_path / "n.yaml").as_uri(), {}),
        remote.create_rule_execution_set((tmp_path / "n.rete").as_uri(), {}),
        remote.create_rule_execution_set(RuleSet.parse(text)),
    ]
    runtime = provider.get_rule_runtime()
    for number, found in enumerate(sets):
        assert (found.get_name(), found.get_description()) == ("n", "d")
        administrator.register_rule_execution_set(f"u{number}", found)
        assert runtime.create_rule_session(f"u{number}", stateless=True).execute() == [1]
    assert runtime.get_registrations() == [f"u{number}" for number in range(len(sets))]
    given = {"name": "other", "description": "mine", "extra": 1}
    named = local.create_rule_execution_set(text, given)
    assert (named.get_name(), named.get_description()) == ("other", "mine")
    assert named.get_properties() == {"extra": 1}
    (tmp_path / "n.yaml").unlink()
    assert remote.create_rule_execution_set(tmp_path).get_name() == "n"


class Broken(io.StringIO):
    def read(self, size: int | None = -1, /) -> str:
        raise OSError("gone")


@pytest.mark.parametrize(
    ("source", "properties", "message"),
    [
        ('rule "r"', {}, "RE0010|RE0011"),
        ("rules: 3", {"format": "yaml"}, "RE0022"),
        ('rule "r"\nwhen\n    X()\nthen\nend', {}, "RE0100"),
        ("", {"format": "xml"}, "format is one of rete, yaml"),
        ("", {"templates": [int]}, "cannot be a template"),
        ("", {"name": 5}, "'name' must be a text"),
        ("", 5, "properties must be a mapping"),
        (5, {}, "rules cannot be made of int"),
        (None, {}, "rules cannot be made of NoneType"),
        ([1], {}, "rules cannot be made of list"),
        ({"rules": {1, 2}}, {}, "no plain data"),
        ({"name": "x", "rules": [{"condition": "1", "action": "1"}]}, {}, "'name' is missing"),
        (b"\xff", {}, "not UTF-8"),
        (Broken(), {}, "gone"),
        (
            {"name": "x", "rules": [{"name": "a", "condition": "1 < 'a'", "action": "1"}]},
            {},
            "RE0202",
        ),
    ],
)
def test_wrong_rules_are_refused(
    provider: ReteRuleServiceProvider, source: Any, properties: Any, message: str
) -> None:
    local = provider.get_rule_administrator().get_local_rule_execution_set_provider()
    with pytest.raises(RuleExecutionSetCreateException, match=message) as raised:
        local.create_rule_execution_set(source, properties)
    if "RE0" in message:
        assert raised.value.diagnostics
        assert isinstance(raised.value.get_cause(), RuleEngineError)
    assert isinstance(raised.value, RuleValidationError)


@pytest.mark.parametrize("uri", ["missing.rete", "missing.yaml", "http://x.org/a.rete", 5, "."])
def test_wrong_uris_are_refused(
    provider: ReteRuleServiceProvider, uri: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    remote = provider.get_rule_administrator().get_rule_execution_set_provider()
    with pytest.raises(RuleExecutionSetCreateException):
        remote.create_rule_execution_set(uri)


def test_wrong_registrations_are_refused(
    provider: ReteRuleServiceProvider, rules: RuleExecutionSet
) -> None:
    administrator = provider.get_rule_administrator()
    wrong: list[tuple[Any, Any]] = [("", rules), (5, rules), ("x", None), ("x", {"name": "x"})]
    for uri, given in wrong:
        with pytest.raises(RuleExecutionSetRegisterException):
            administrator.register_rule_execution_set(uri, given)
    administrator.deregister_rule_execution_set("credit", {})
    with pytest.raises(RuleExecutionSetDeregistrationException, match="'credit'"):
        administrator.deregister_rule_execution_set("credit")
    assert administrator.get_registrations() == {}


def test_sessions_that_cannot_be_made(
    provider: ReteRuleServiceProvider, rules: RuleExecutionSet
) -> None:
    runtime = provider.get_rule_runtime()
    for uri in ("none", "", None, 5):
        with pytest.raises(RuleExecutionSetNotFoundException):
            runtime.create_rule_session(uri, {}, STATEFUL_SESSION_TYPE)  # type: ignore[arg-type]
    for session_type in (2, -1, "stateful", None):
        with pytest.raises(RuleSessionTypeUnsupportedException, match="STATELESS_SESSION_TYPE"):
            runtime.create_rule_session("credit", {}, session_type)  # type: ignore[arg-type]
    wrong: list[Any] = [5, {"colour": 1}]
    for properties in wrong:
        with pytest.raises(RuleSessionCreateException):
            runtime.create_rule_session("credit", properties, STATEFUL_SESSION_TYPE)
    with pytest.raises(RuleSessionCreateException, match="unknown strategy") as raised:
        runtime.create_rule_session("credit", {"strategy": "best"}, STATEFUL_SESSION_TYPE)
    assert isinstance(raised.value.get_cause(), SessionError)


def test_params_and_functions(provider: ReteRuleServiceProvider) -> None:
    administrator, runtime = provider.get_rule_administrator(), provider.get_rule_runtime()
    text = """
    param n: int
    external function twice(n: int) -> int
    facts
        Seed(a = 1)
    end
    template Seed
        a: int
    end
    rule "r"
    when
        Seed()
    then
        emit twice(n)
    end
    """
    local = administrator.get_local_rule_execution_set_provider()
    made = local.create_rule_execution_set(text, {"functions": {"twice": lambda n: 2 * n}})
    administrator.register_rule_execution_set("p", made)
    session = runtime.create_rule_session("p", {"n": 4}, STATEFUL_SESSION_TYPE)
    assert session.execute() == [8]
    assert session.get_objects() == []
    with pytest.raises(RuleSessionCreateException, match="'n' has no default"):
        runtime.create_rule_session("p", {}, STATEFUL_SESSION_TYPE)


# -- stateful sessions ---------------------------------------------------------------------------


def test_metadata_and_type(stateful: Any, stateless: Any) -> None:
    for session, kind in ((stateful, STATEFUL_SESSION_TYPE), (stateless, STATELESS_SESSION_TYPE)):
        metadata = session.get_rule_execution_set_metadata()
        assert metadata.get_uri() == "credit"
        assert metadata.get_name() == "credit"
        assert metadata.get_description() == "Pays invoices"
        assert session.get_type() == kind


def test_customer_and_invoices(stateful: Any) -> None:
    customer = Customer("Ann", 5000.0)
    first, second = Invoice("Ann", 2000.0), Invoice("Ann", 1500.0)
    handles = stateful.add_objects([customer, first])
    stateful.execute_rules()
    assert (customer.credit_limit, first.status) == (3000.0, "paid")
    assert stateful.get_object(handles[0]) is customer
    stateful.add_object(second)
    stateful.execute_rules()
    assert (customer.credit_limit, second.status) == (1500.0, "paid")
    assert stateful.get_objects() == [
        customer, first, Receipt(2000.0), second, Receipt(1500.0),
    ]  # fmt: skip
    assert stateful.get_objects(Customers()) == [customer]
    assert stateful.get_facts() == [customer, first, second]


def test_the_life_of_a_handle(stateful: Any) -> None:
    customer = Customer("Ann", 1.0)
    handle = stateful.add_object(customer)
    assert isinstance(handle, Handle)
    assert stateful.contains_object(handle)
    assert stateful.get_handles() == [handle]
    for stored in (pickle.loads(pickle.dumps(handle)), copy.deepcopy(handle)):
        assert stored == handle
        assert hash(stored) == hash(handle)
        assert stateful.get_object(stored) is customer
    customer.credit_limit = 9.0
    stateful.update_object(handle, customer)
    other = Customer("Bob", 100.0)
    stateful.update_object(handle, other)
    assert stateful.get_object(handle) is other
    assert stateful.get_objects() == [other]
    stateful.remove_object(handle)
    assert not stateful.contains_object(handle)
    assert stateful.get_handles() == stateful.get_objects() == []
    for use in (stateful.get_object, stateful.remove_object):
        with pytest.raises(InvalidHandleException, match="no longer"):
            use(handle)
    with pytest.raises(InvalidHandleException, match="no longer"):
        stateful.update_object(handle, customer)


def test_an_update_is_seen_by_rules(stateful: Any) -> None:
    customer, invoice = Customer("Ann", 0.0), Invoice("Ann", 10.0)
    handle, _ = stateful.add_objects([customer, invoice])
    stateful.execute_rules()
    assert invoice.status == "unpaid"
    customer.credit_limit = 15.0
    stateful.update_object(handle, customer)
    stateful.execute_rules()
    assert (customer.credit_limit, invoice.status) == (5.0, "paid")
    rich = Customer("Bob", 50.0)
    stateful.update_object(handle, rich)
    owed = Invoice("Bob", 20.0)
    stateful.add_object(owed)
    stateful.execute_rules()
    assert (rich.credit_limit, customer.credit_limit) == (30.0, 5.0)


def test_an_object_of_another_class_takes_the_place(stateful: Any) -> None:
    handle = stateful.add_object(Customer("Ann"))
    invoice = Invoice("Ann", 1.0)
    stateful.update_object(handle, invoice)
    assert stateful.get_object(handle) is invoice
    assert stateful.get_handles() == [handle]
    invoice.amount = 2.0
    stateful.update_object(handle, invoice)
    assert stateful.get_objects() == [Invoice("Ann", 2.0)]


def test_foreign_handles_are_refused(stateful: Any, provider: ReteRuleServiceProvider) -> None:
    class Mine(Handle):
        pass

    other = provider.get_rule_runtime().create_rule_session("credit")
    foreign = other.add_object(Customer("Ann"))
    for handle in (foreign, Mine(), None, 1, object()):
        for use in (stateful.contains_object, stateful.get_object, stateful.remove_object):
            with pytest.raises(InvalidHandleException):
                use(handle)


def test_objects_that_are_no_facts_are_refused(stateful: Any) -> None:
    class Unknown:
        pass

    for wrong in (Unknown(), None, 5, "text", {"name": "Ann"}, Customer(5)):  # type: ignore[arg-type]
        with pytest.raises(InvalidRuleSessionException, match="no fact") as raised:
            stateful.add_object(wrong)
        assert isinstance(raised.value.get_cause(), RuleEngineError)
    with pytest.raises(InvalidRuleSessionException):
        stateful.add_objects([Customer("Ann"), Unknown()])
    with pytest.raises(InvalidRuleSessionException, match="must be a list"):
        stateful.add_objects("text")
    assert stateful.get_objects() == []


def test_reset_begins_anew(stateful: Any) -> None:
    handle = stateful.add_object(Customer("Ann", 5.0))
    stateful.reset()
    assert stateful.get_objects() == []
    assert not stateful.contains_object(handle)
    invoice = Invoice("Ann", 1.0)
    stateful.add_objects([Customer("Ann", 5.0), invoice])
    stateful.execute_rules()
    assert invoice.status == "paid"


def test_released_sessions_refuse_everything(stateful: Any, stateless: Any) -> None:
    handle = stateful.add_object(Customer("Ann"))
    stateful.release()
    stateless.release()
    uses: list[tuple[Any, tuple[Any, ...]]] = [
        (stateful.add_object, (Customer("Ann"),)), (stateful.add_objects, ([Customer("Ann")],)),
        (stateful.contains_object, (handle,)), (stateful.get_object, (handle,)),
        (stateful.update_object, (handle, Customer("Ann"))), (stateful.remove_object, (handle,)),
        (stateful.get_objects, ()), (stateful.get_handles, ()), (stateful.execute_rules, ()),
        (stateful.reset, ()), (stateful.add_facts, ([],)), (stateful.execute, ()),
        (stateful.get_facts, ()), (stateful.clear_facts, ()), (stateful.__enter__, ()),
        (stateless.execute_rules, ([],)), (stateless.add_facts, ([],)), (stateless.execute, ()),
        (stateless.get_facts, ()), (stateless.clear_facts, ()), (stateless.reset, ()),
    ]  # fmt: skip
    for session in (stateful, stateless):
        uses += [
            (session.release, ()), (session.get_type, ()),
            (session.get_rule_execution_set_metadata, ()),
        ]  # fmt: skip
    for use, arguments in uses:
        with pytest.raises(InvalidRuleSessionException, match="released"):
            use(*arguments)
    stateful.close()
    stateless.close()


def test_objects_that_rules_retract_are_gone(provider: ReteRuleServiceProvider) -> None:
    text = 'rule "r"\nwhen\n    c := Customer(credit_limit < 0)\nthen\n    retract c\nend'
    administrator = provider.get_rule_administrator()
    local = administrator.get_local_rule_execution_set_provider()
    administrator.register_rule_execution_set(
        "r", local.create_rule_execution_set(text, {"templates": [Customer]})
    )
    bad, good = Customer("Ann", -1.0), Customer("Bob", 1.0)
    with provider.get_rule_runtime().create_rule_session("r") as session:
        handle = session.add_object(bad)
        session.add_object(good)
        session.execute_rules()
        assert session.get_objects() == [good]
        assert not session.contains_object(handle)
    stateless = provider.get_rule_runtime().create_rule_session("r", stateless=True)
    assert stateless.execute_rules([bad, good]) == [good]


class Plain:
    """A class that nobody declared; the text has a template of its name."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.secret = "not a field"


class Model(pydantic.BaseModel):
    size: int
    kind: str = "?"


UNDECLARED = """
template Plain
    size: int
    kind: str = "?"
end
template Model
    size: int
    kind: str = "?"
end
rule "kind"
when
    p := Plain(size > 5, kind == "?")
then
    modify p(kind = "large")
    insert Plain(size = 1)
    insert Model(size = 2)
end
"""


def test_objects_of_undeclared_classes(provider: ReteRuleServiceProvider) -> None:
    administrator = provider.get_rule_administrator()
    local = administrator.get_local_rule_execution_set_provider()
    administrator.register_rule_execution_set("u", local.create_rule_execution_set(UNDECLARED))
    with provider.get_rule_runtime().create_rule_session("u") as session:
        plain, model = Plain(6), Model(size=3)
        handles = session.add_objects([plain, model])
        session.execute_rules()
        assert vars(plain) == {"size": 6, "kind": "large", "secret": "not a field"}
        made = session.get_objects()[2:]
        assert isinstance(made[0], Fact)
        assert made[0].size == 1
        assert made[1] == Model(size=2)
        assert session.get_objects()[3] is made[1]
        plain.size = 7
        session.update_object(handles[0], plain)
        assert session.get_object(handles[0]) is plain

        class Plain2:
            size = 8

        Plain2.__name__ = "Plain"
        with pytest.raises(InvalidRuleSessionException, match="another class of this name"):
            session.add_object(Plain2())
        with pytest.raises(InvalidRuleSessionException, match="did you mean 'Plain'"):
            Plain2.__name__ = "Plan"
            session.add_object(Plain2())


def test_a_rule_that_fails(provider: ReteRuleServiceProvider) -> None:
    text = 'rule "bad"\nwhen\n    c := Customer()\nthen\n    print 1 / c.credit_limit\nend'
    administrator = provider.get_rule_administrator()
    local = administrator.get_local_rule_execution_set_provider()
    made = local.create_rule_execution_set(text, {"templates": [Customer]})
    administrator.register_rule_execution_set("bad", made)
    runtime = provider.get_rule_runtime()
    session = runtime.create_rule_session("bad")
    session.add_object(Customer("Ann"))
    with pytest.raises(RuleExecutionException, match="'bad'") as raised:
        session.execute_rules()
    assert isinstance(raised.value.get_cause(), jsr94.RuleExecutionError)
    with pytest.raises(jsr94.RuleExecutionError, match="'bad'"):
        session.execute()
    stateless = runtime.create_rule_session("bad", stateless=True)
    with pytest.raises(RuleExecutionException, match="'bad'"):
        stateless.execute_rules([Customer("Ann")])
    stateless.add_facts([Customer("Ann")])
    with pytest.raises(jsr94.RuleExecutionError, match="'bad'"):
        stateless.execute()
    skipping = runtime.create_rule_session("bad", {"on_error": "skip"})
    skipping.add_object(Customer("Ann"))
    skipping.execute_rules()


def test_a_session_belongs_to_one_thread(provider: ReteRuleServiceProvider) -> None:
    text = 'external function f()\nrule "r"\nwhen\nthen\n    f()\nend'
    administrator = provider.get_rule_administrator()
    found: list[Exception] = []

    def misuse() -> None:
        try:
            session.add_object(Customer("Ann"))
        except InvalidRuleSessionException as error:
            found.append(error)
        try:
            session.close()
        except InvalidRuleSessionException as error:
            found.append(error)

    def call() -> None:
        thread = threading.Thread(target=misuse)
        thread.start()
        thread.join()

    local = administrator.get_local_rule_execution_set_provider()
    properties = {"templates": [Customer], "functions": {"f": call}}
    made = local.create_rule_execution_set(text, properties)
    administrator.register_rule_execution_set("t", made)
    session = provider.get_rule_runtime().create_rule_session("t")
    session.execute_rules()
    assert len(found) == 2
    assert "one thread" in str(found[0])
    session.close()


# -- stateless sessions --------------------------------------------------------------------------


def test_stateless_with_and_without_filter(stateless: Any, rules: RuleExecutionSet) -> None:
    def given() -> list[Any]:
        return [Customer("Ann", 5000.0), Invoice("Ann", 2000.0)]

    objects = given()
    found = stateless.execute_rules(objects)
    assert found == [Customer("Ann", 3000.0), Invoice("Ann", 2000.0, "paid"), Receipt(2000.0)]
    assert found[0] is objects[0]
    resets = Customers.resets
    assert stateless.execute_rules(given(), Customers()) == [Customer("Ann", 3000.0)]
    assert Customers.resets == resets + 1
    for default in (Customers(), Customers, f"{__name__}.Customers", f"{__name__}:Customers"):
        rules.set_default_object_filter(default)
        assert rules.get_default_object_filter() is default
        assert stateless.execute_rules(given()) == [Customer("Ann", 3000.0)]
    only_receipts = stateless.execute_rules(given(), lambda o: isinstance(o, Receipt))
    assert only_receipts == [Receipt(2000.0)]
    amounts = stateless.execute_rules(given(), lambda o: getattr(o, "amount", None))
    assert amounts == [2000.0, 2000.0]
    assert stateless.execute_rules([]) == []


def test_wrong_filters_are_told(stateless: Any) -> None:
    class Unmade(Customers):
        def __init__(self) -> None:
            raise OSError("no")

    def fails(value: Any) -> Any:
        raise ValueError("why")

    for wrong in (5, "no.such.module", "os.nothing", "", Unmade, fails):
        with pytest.raises(InvalidRuleSessionException):
            stateless.execute_rules([Customer("Ann")], wrong)


def test_a_filter_without_reset(stateless: Any) -> None:
    class Duck:
        def filter(self, value: Any) -> Any:
            return None

    assert stateless.execute_rules([Customer("Ann")], Duck()) == []


def test_limits_of_a_run(provider: ReteRuleServiceProvider) -> None:
    text = 'rule "r"\nwhen\n    c := Customer()\nthen\n    emit c.name\nend'
    administrator, runtime = provider.get_rule_administrator(), provider.get_rule_runtime()
    local = administrator.get_local_rule_execution_set_provider()
    made = local.create_rule_execution_set(text, {"templates": [Customer], "strategy": "breadth"})
    assert local.create_rule_execution_set(made) is made
    administrator.register_rule_execution_set("r", made)
    session = runtime.create_rule_session("r", {"limit": 1})
    session.add_facts([Customer("Ann"), Customer("Bob")])
    assert session.execute() == ["Ann"]
    assert session.execute() == ["Bob"]
    session = runtime.create_rule_session("r", {"limits": Limits(facts=1)}, stateless=True)
    session.add_facts([Customer("Ann"), Customer("Bob")])
    with pytest.raises(RuleEngineError, match="facts"):
        session.execute()


def test_equal_facts_of_a_unique_template(provider: ReteRuleServiceProvider) -> None:
    text = "template Point unique\n    x: int\nend\nfacts\n    Point(x = 1)\nend"

    class Point:
        x = 1

    administrator, runtime = provider.get_rule_administrator(), provider.get_rule_runtime()
    local = administrator.get_local_rule_execution_set_provider()
    administrator.register_rule_execution_set("u", local.create_rule_execution_set(text))
    with runtime.create_rule_session("u") as session:
        first, second = Point(), Point()
        handles = session.add_objects([first, second])
        assert handles[0] == handles[1]
        assert session.get_objects() == [first]


def test_wrong_objects_of_stateless_sessions(stateless: Any) -> None:
    for wrong in ("text", None, 5, [5], [None], {"a": 1}):
        with pytest.raises(InvalidRuleSessionException):
            stateless.execute_rules(wrong)


# -- threads ---------------------------------------------------------------------------------------


def in_threads(number: int, work: Any) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(number)

    def run(index: int) -> None:
        try:
            barrier.wait()
            work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_hundred_threads_register_and_deregister(provider: ReteRuleServiceProvider) -> None:
    administrator, runtime = provider.get_rule_administrator(), provider.get_rule_runtime()
    made = RuleExecutionSet("x", [Rule("r", "fact > 5", "fact")])

    def work(index: int) -> None:
        for turn in range(5):
            uri = f"u{index}"
            administrator.register_rule_execution_set(uri, made)
            RuleServiceProviderManager.register(f"p{index}", ReteRuleServiceProvider)
            assert RuleServiceProviderManager.get(f"p{index}") is not provider
            assert uri in runtime.get_registrations()
            assert runtime.create_rule_session(uri).get_type() == STATEFUL_SESSION_TYPE
            made.set_property(uri, turn)
            assert made.get_property(uri) == turn
            if turn < 4:
                administrator.deregister_rule_execution_set(uri)
            RuleServiceProviderManager.deregister_rule_service_provider(f"p{index}")

    in_threads(100, work)
    assert sorted(runtime.get_registrations()) == sorted(f"u{index}" for index in range(100))


def test_one_provider_is_made_once_for_all_threads() -> None:
    RuleServiceProviderManager.register("once", ReteRuleServiceProvider)
    found: list[Any] = []
    in_threads(50, lambda index: found.append(RuleServiceProviderManager.get("once")))
    RuleServiceProviderManager.deregister("once")
    assert len(set(map(id, found))) == 1


def test_a_hundred_threads_share_a_stateless_session(stateless: Any) -> None:
    def work(index: int) -> None:
        for _ in range(3):
            objects = [Customer("Ann", 5000.0 + index), Invoice("Ann", 2000.0)]
            found = stateless.execute_rules(objects)
            assert found == [
                Customer("Ann", 3000.0 + index), Invoice("Ann", 2000.0, "paid"), Receipt(2000.0),
            ]  # fmt: skip

    in_threads(100, work)


def test_a_hundred_threads_share_rules_over_one_fact(provider: ReteRuleServiceProvider) -> None:
    def fresh(fact: dict[str, Any]) -> Any:
        fact["seen"] = fact.get("seen", 0) + 1
        return fact["seen"]

    expressions = [
        Rule(f"r{n}", f"fact['v'] > {n * 15}", f"[{n}, fact['v']]", n % 7) for n in range(20)
    ]
    functions = [Rule("see", lambda fact: True, fresh, 9), *expressions]
    administrator, runtime = provider.get_rule_administrator(), provider.get_rule_runtime()
    for uri, given in (("expressions", expressions), ("functions", functions)):
        administrator.register_rule_execution_set(uri, RuleExecutionSet(uri, given))
        alone = {}
        for index in range(100):
            with runtime.create_rule_session(uri, stateless=True) as session:
                session.add_facts([{"v": index * 3}])
                alone[index] = session.execute()
        together: dict[int, list[Any]] = {}

        def work(index: int, uri: str = uri, found: dict[int, Any] = together) -> None:
            with runtime.create_rule_session(uri, stateless=True) as session:
                session.add_facts([{"v": index * 3}])
                found[index] = session.execute()

        in_threads(100, work)
        assert together == alone


def test_an_object_that_is_added_twice_has_one_handle(stateful: Any) -> None:
    customer = Customer("Ann", 50.0)
    handle = stateful.add_object(customer)
    assert stateful.add_object(customer) == handle
    assert stateful.add_objects([customer, customer]) == [handle, handle]
    assert len(stateful.get_objects()) == 1
    stateful.add_object(Invoice("Ann", 20.0))
    stateful.execute_rules()
    assert customer.credit_limit == 30.0
    stateful.remove_object(handle)
    assert not stateful.contains_object(handle)


def test_objects_that_were_there_stay_when_others_cannot_be_added(stateful: Any) -> None:
    customer, fresh = Customer("Ann"), Customer("Bob")
    handle = stateful.add_object(customer)
    with pytest.raises(InvalidRuleSessionException):
        stateful.add_objects([customer, fresh, fresh, object()])
    assert stateful.get_handles() == [handle]
