"""When fields of a fact were changed last."""

from __future__ import annotations

from rete_engine.runtime.memory import Stamp, stamped


def told(stamp: Stamp | None) -> list[tuple[int, int]]:
    found = []
    while stamp is not None:
        found.append((stamp.fields, stamp.tag))
        stamp = stamp.older
    return found


def test_the_same_fields_changed_again_have_one_stamp() -> None:
    assert told(stamped(stamped(None, 0b1, 5), 0b1, 6)) == [(0b1, 6)]


def test_a_field_stands_in_the_stamp_of_its_last_change_alone() -> None:
    stamp = stamped(None, 0b111, 5)
    stamp = stamped(stamp, 0b010, 6)
    assert told(stamp) == [(0b010, 6), (0b101, 5)]
    stamp = stamped(stamp, 0b110, 7)
    assert told(stamp) == [(0b110, 7), (0b001, 5)]
    stamp = stamped(stamp, 0b1001, 8)
    assert told(stamp) == [(0b1001, 8), (0b110, 7)]
    assert told(stamped(stamp, 0b1111, 9)) == [(0b1111, 9)]
