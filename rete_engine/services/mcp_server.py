"""The MCP server: the tools of `mcp_tools.py` for language models, on the official SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, Literal, TypeAlias

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.types import CallToolResult, ContentBlock, Resource, TextContent, ToolAnnotations
from pydantic import BeforeValidator, Field, ValidationError

import rete_engine
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.services import mcp_texts
from rete_engine.services.catalog import Entry
from rete_engine.services.faults import Code, Fault, Finding
from rete_engine.services.given import as_facts, words_of
from rete_engine.services.mcp_tools import FIRINGS, Tools, report

Format: TypeAlias = Annotated[
    Literal["rete", "yaml"], Field(description="rete: the rule language; yaml: rules in YAML.")
]
Text: TypeAlias = Annotated[str, Field(description="The rules.")]
Name: TypeAlias = Annotated[
    str, Field(description="The name of the rule set: letters, digits and . _ ~ -")
]

Facts: TypeAlias = Annotated[
    dict[str, Any] | list[Any],
    BeforeValidator(as_facts),
    Field(description="The facts: lists by template, or a list of facts with a 'type'."),
]
Params: TypeAlias = Annotated[
    dict[str, Any] | None, Field(description="Values for the params of the rules.")
]
Limit: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000, description="The most firings.")]

_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)


class RuleServer(MCPServer[Any]):
    """An MCP server whose resources are the rule sets of a catalogue.

    Made by `create_server`. Run it with `server.run()` over standard input and output, or give it
    to `mcp.Client(server)` to use it in the same process.
    """

    def __init__(self, tools: Tools) -> None:
        read_only = tools.catalog.read_only
        super().__init__(
            "rete_engine",
            title="rete_engine",
            instructions=mcp_texts.READ_ONLY if read_only else mcp_texts.INSTRUCTIONS,
            version=rete_engine.__version__,
            log_level="WARNING",
        )
        self._tools = tools

    async def list_resources(self) -> list[Resource]:
        """The rule sets that there are now."""
        return [
            Resource(
                uri=f"rules://{entry.name}",
                name=entry.name,
                description=entry.description,
                mime_type=_mime_type(entry),
            )
            for entry in self._tools.catalog.entries()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        """Call a tool. Arguments of a wrong name or form are told as every fault is."""
        schemas = {tool.name: tool.input_schema for tool in await self.list_tools()}
        if name in schemas:
            unknown = _unknown_arguments(name, schemas[name].get("properties", {}), arguments)
            if unknown is not None:
                return _told(unknown)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                return _told(_wrong_arguments(name, error.__cause__))
            raise


def create_server(tools: Tools) -> RuleServer:
    """The MCP server over a catalogue of rule sets.

    Where the catalogue is read-only there are no tools that change it.

    Example:
        >>> import asyncio
        >>> from rete_engine.services.catalog import Catalog
        >>> server = create_server(Tools(Catalog(read_only=True)))
        >>> [tool.name for tool in asyncio.run(server.list_tools())][:2]
        ['execute_rules', 'list_rule_sets']
    """
    server = RuleServer(tools)
    _add_reading(server, tools)
    if not tools.catalog.read_only:
        _add_writing(server, tools)
    return server


def _add_reading(server: RuleServer, tools: Tools) -> None:
    """Offer the tools that change nothing, and the resource."""

    @_offered(server, mcp_texts.EXECUTE, _READS)
    def execute_rules(
        name: Name,
        facts: Facts,
        params: Params = None,
        show: Annotated[
            list[str] | None, Field(description="Templates whose facts to answer with, as well.")
        ] = None,
        limit: Limit = FIRINGS,
    ) -> dict[str, Any]:
        return tools.execute_rules(name, facts, params, show or (), limit)

    @_offered(server, mcp_texts.LIST, _READS)
    def list_rule_sets() -> dict[str, Any]:
        return tools.list_rule_sets()

    @_offered(server, mcp_texts.GET, _READS)
    def get_rule_set(name: Name) -> dict[str, Any]:
        return tools.get_rule_set(name)

    @_offered(server, mcp_texts.CHECK, _READS)
    def check_expression(
        expression: Annotated[str, Field(description="The expression.")],
        values: Annotated[
            dict[str, Any] | None,
            Field(description="Values for the names in it; then it is evaluated."),
        ] = None,
    ) -> dict[str, Any]:
        return tools.check_expression(expression, values)

    @_offered(server, mcp_texts.VALIDATE, _READS)
    def validate_rules(text: Text, format: Format = "rete") -> dict[str, Any]:
        return tools.validate_rules(text, format)

    @_offered(server, mcp_texts.EXPLAIN, _READS)
    def explain(
        name: Name,
        facts: Facts,
        fact: Annotated[
            dict[str, Any],
            Field(description="The facts to explain: their template as 'type', and fields."),
        ],
        params: Params = None,
        limit: Limit = FIRINGS,
    ) -> dict[str, Any]:
        return tools.explain(name, facts, fact, params, limit)

    @_offered(server, mcp_texts.WHY_NOT, _READS)
    def why_not(
        name: Name,
        facts: Facts,
        rule: Annotated[str, Field(description="The name of a rule.")],
        params: Params = None,
        limit: Limit = FIRINGS,
    ) -> dict[str, Any]:
        return tools.why_not(name, facts, rule, params, limit)

    @server.resource(
        "rules://{name}", description="The text of a rule set.", mime_type="text/plain"
    )
    def rules(name: str) -> str:
        try:
            return tools.catalog.get(name).text
        except Fault as fault:
            raise ResourceNotFoundError(fault.message) from fault


def _add_writing(server: RuleServer, tools: Tools) -> None:
    """Offer the tools that change the rule sets."""

    @_offered(server, mcp_texts.REGISTER, _WRITES)
    def register_rule_set(
        name: Name,
        text: Text,
        format: Format = "rete",
        replace: Annotated[
            bool, Field(description="Whether a rule set of this name is replaced.")
        ] = False,
    ) -> dict[str, Any]:
        return tools.register_rule_set(name, text, format, replace)

    @_offered(server, mcp_texts.DEREGISTER, _WRITES)
    def deregister_rule_set(name: Name) -> dict[str, Any]:
        return tools.deregister_rule_set(name)


def _offered(
    server: RuleServer, description: str, annotations: ToolAnnotations
) -> Callable[[Callable[..., dict[str, Any]]], None]:
    """Offer a function as a tool: a fault becomes an answer that says so."""

    def offer(function: Callable[..., dict[str, Any]]) -> None:
        @wraps(function)
        def tool(**arguments: Any) -> CallToolResult:
            try:
                return _result(json.dumps(answer := function(**arguments), indent=1), answer)
            except Fault as fault:
                return _told(fault)

        tool.__annotations__ = {**function.__annotations__, "return": CallToolResult}
        server.add_tool(tool, description=description, annotations=annotations)

    return offer


def _result(text: str, structured: dict[str, Any], is_error: bool = False) -> CallToolResult:
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    return CallToolResult(content=content, structured_content=structured, is_error=is_error)


def _told(fault: Fault) -> CallToolResult:
    """A fault as a model reads it, and as a program does."""
    return _result(f"{fault.code.value}: {report(fault)}", dict(fault.as_dict()), True)


def _unknown_arguments(
    tool: str, known: Mapping[str, object], given: Mapping[str, object]
) -> Fault | None:
    """What to say of arguments that a tool does not have: they would be left out unseen."""
    findings = []
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
            findings.append(Finding(name, f"there is no argument '{name}'; {hint}"))
    if not findings:
        return None
    listed = "; ".join(finding.message for finding in findings)
    return Fault(Code.WRONG_REQUEST, f"the arguments of {tool} do not fit: {listed}", findings)


def _wrong_arguments(tool: str, error: ValidationError) -> Fault:
    findings = [
        Finding(".".join(str(part) for part in each["loc"][:3]), words_of(each))
        for each in error.errors()
    ]
    listed = "; ".join(f"{finding.place}: {finding.message}" for finding in findings)
    return Fault(Code.WRONG_REQUEST, f"the arguments of {tool} do not fit: {listed}", findings)


def _mime_type(entry: Entry) -> str:
    return "application/yaml" if entry.format == "yaml" else "text/plain"
