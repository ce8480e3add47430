"""Facts from files: what a file holds becomes records, and records become facts.

`address` says which file and which template, the `…_text` modules read one format each into
`Record` objects, `shapes` turns the keys and values of a record into the fields of a template,
and `loader` inserts them. To add a format, write a reader and name its ending in `readers`.

Example:
    >>> from rete_engine.store import parse_address
    >>> address = parse_address("Package=uv.lock:package", ["Package"])
    >>> address.template, address.path, address.inside
    ('Package', 'uv.lock', ('package',))
"""

from rete_engine.store.address import Address, parse_address
from rete_engine.store.loader import Loaded, load_facts
from rete_engine.store.records import FactFileError, Record

__all__ = ["Address", "FactFileError", "Loaded", "Record", "load_facts", "parse_address"]
