"""From an address to records: opens the file and chooses the reader by its ending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.store import csv_text, json_text, parquet_file, toml_text, yaml_text
from rete_engine.store.address import STANDARD_INPUT, Address
from rete_engine.store.records import Batch, FactFileError, Record, kind_of

#: The endings of tables as text, whose cells are text too.
TABLES = (".csv", ".tsv")


def read(address: Address, stdin: BinaryIO) -> Iterator[Record | Batch]:
    """The records of a source, read as they are asked for where the format allows it.

    Those of a file of columns come many at a time.

    Args:
        address: The source.
        stdin: What `-` reads.

    Raises:
        FactFileError: It cannot be opened, is not what its ending says, or the path inside
            leads nowhere.
    """
    ending = Path(address.path).suffix.lower()
    if address.path == STANDARD_INPUT:
        yield from _guarded(stdin, address, json_text.lines)
    elif address.inside:
        value = _inside(_document(address, ending), address)
        yield from _elements(value, whole=False)
    elif ending in (".ndjson", ".jsonl"):
        yield from _streamed(address, json_text.lines)
    elif ending in TABLES:
        yield from _streamed(address, csv_text.tabbed_rows if ending == ".tsv" else csv_text.rows)
    elif ending == ".parquet":
        _open(address).close()  # for the same words about a missing file as elsewhere
        yield from parquet_file.batches(address.path)
    elif ending == ".json":
        text = _text(address)
        if json_text.is_list(text):
            yield from json_text.listed(text, address.name)
        else:
            yield Record(json_text.document(text, address.name), 1, whole=True)
    elif ending in (".yaml", ".yml"):
        yield from yaml_text.records(_text(address), address.name)
    else:
        value = _document(address, ending)
        # An empty text is an empty mapping to TOML: a file without facts, not a fact of defaults.
        if value != {}:
            yield from _elements(value, whole=True)


def _elements(value: object, *, whole: bool) -> Iterator[Record]:
    if isinstance(value, list):
        for number, element in enumerate(value, 1):
            yield Record(element, number)
    else:
        yield Record(value, 1, whole=whole)


def _document(address: Address, ending: str) -> object:
    """The whole file as one value."""
    file = address.name
    if ending in (".ndjson", ".jsonl", *TABLES, ".parquet"):
        cause = f"a {ending} file is a list of records, it has no path inside"
        raise FactFileError(cause, file=file)
    text = _text(address)
    match ending:
        case ".json":
            return json_text.document(text, file)
        case ".toml":
            return toml_text.document(text, file)
        case ".yaml" | ".yml":
            return _first_yaml(text, file)
        case _:
            return _guessed(text, file)


def _first_yaml(text: str, file: str) -> object:
    documents = list(yaml_text.documents(text, file))
    if len(documents) > 1:
        raise FactFileError("more than one YAML document: no path leads inside", file=file)
    return documents[0] if documents else None


def _guessed(text: str, file: str) -> object:
    """A file whose ending says nothing is what it parses as."""
    failures = []
    formats: tuple[tuple[str, Callable[[str, str], object]], ...] = (
        ("JSON", json_text.document),
        ("TOML", toml_text.document),
        ("YAML", _first_yaml),
    )
    for name, parse in formats:
        try:
            value = parse(text, file)
        except FactFileError as error:
            where = "" if error.line is None else f"line {error.line}: "
            failures.append(f"{name} ({where}{error.cause.removeprefix(f'not {name}: ')})")
            continue
        if isinstance(value, (dict, list)):
            return value
        # Nearly any text is YAML: one long string.
        failures.append(f"{name} ({kind_of(value)}, not a mapping or a list)")
    raise FactFileError(f"is neither {', '.join(failures[:-1])} nor {failures[-1]}", file=file)


def _inside(document: object, address: Address) -> object:
    """What the path leads to."""
    value = document
    gone: list[str] = []
    for key in address.inside:
        where = f"'{'.'.join(gone)}'" if gone else "the document"
        if isinstance(value, dict):
            if key not in value:
                keys = [str(name) for name in value]
                hint = did_you_mean(key, keys)
                known = f"its keys are: {', '.join(keys[:20])}" if keys else "it is empty"
                cause = f"{where} has no '{key}'; {hint or known}"
                raise FactFileError(cause, file=address.name)
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            cause = f"{where} is {kind_of(value)}, '{key}' leads nowhere in it"
            raise FactFileError(cause, file=address.name)
        gone.append(key)
    if not isinstance(value, (dict, list)):
        cause = f"'{'.'.join(gone)}' is {kind_of(value)}, not a list of records"
        raise FactFileError(cause, file=address.name)
    return value


def _streamed(
    address: Address, reader: Callable[[BinaryIO, str], Iterator[Record]]
) -> Iterator[Record]:
    with _open(address) as stream:
        yield from _guarded(stream, address, reader)


def _guarded(
    stream: BinaryIO, address: Address, reader: Callable[[BinaryIO, str], Iterator[Record]]
) -> Iterator[Record]:
    try:
        yield from reader(stream, address.name)
    except OSError as error:
        raise FactFileError(_because(error), file=address.name) from None


def _open(address: Address) -> BinaryIO:
    try:
        return Path(address.path).open("rb")
    except (OSError, ValueError) as error:
        raise FactFileError(_because(error), file=address.name) from None


def _text(address: Address) -> str:
    with _open(address) as stream:
        try:
            raw = stream.read()
        except OSError as error:
            raise FactFileError(_because(error), file=address.name) from None
    if b"\0" in raw[:4096]:
        raise FactFileError("a binary file, not text", file=address.name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cause = f"not UTF-8 text (byte {raw[error.start]:#04x})"
        line = raw.count(b"\n", 0, error.start) + 1
        raise FactFileError(cause, file=address.name, line=line) from None


def _because(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "no such file"
        case IsADirectoryError():
            return "is a folder, not a file"
        case OSError():
            return f"cannot be read: {error.strerror or error}"
        case _:  # a NUL in the path
            return f"cannot be read: {error}"
