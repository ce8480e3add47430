"""What is possible at a junction, found from solids instead of a table (Huffman, Clowes 1971).

Three planes that meet cut space into eight octants. Fill some, so that just three faces meet, and
look from an empty one: that gives every junction of three faces, with the labels of its lines.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path

from rete_engine import RuleSet

Octant = tuple[int, int, int]
OCTANTS: list[Octant] = [(x, y, z) for x, y, z in itertools.product((-1, 1), repeat=3)]

#: Three faces meet where one octant is filled, or three in a row, or where so many are empty.
ONE: set[Octant] = {(1, 1, 1)}
THREE: set[Octant] = {(1, 1, 1), (-1, 1, 1), (-1, -1, 1)}


def moved(octants: set[Octant], axes: tuple[int, ...], signs: Octant) -> set[Octant]:
    """Octants turned and mirrored."""
    return {
        (octant[axes[0]] * signs[0], octant[axes[1]] * signs[1], octant[axes[2]] * signs[2])
        for octant in octants
    }


def labels_from(filled: set[Octant], eye: Octant) -> list[tuple[float, str]]:
    """The lines that are seen from an empty octant: their directions and labels."""
    found = []
    for axis, sign in itertools.product(range(3), (-1, 1)):
        one, other = [each for each in range(3) if each != axis]

        def at(first: int, second: int) -> Octant:
            place = [0, 0, 0]
            place[axis], place[one], place[other] = sign, first, second  # noqa: B023
            return (place[0], place[1], place[2])

        around = [each for each in OCTANTS if each[axis] == sign and each in filled]
        if at(eye[one], eye[other]) in filled or len(around) not in (1, 3):
            continue  # hidden, or no edge
        line = [0, 0, 0]
        line[axis] = sign
        direction = angle(line, eye)
        if len(around) == 3:
            found.append((direction, "-"))
        elif at(-eye[one], -eye[other]) in filled:
            found.append((direction, "+"))
        else:
            # One of the two faces is seen: which side of the line is it on?
            along = other if at(-eye[one], eye[other]) in filled else one
            face = [0, 0, 0]
            face[along] = eye[along]
            turn = (angle(face, eye) - direction) % math.tau
            found.append((direction, ">" if turn > math.pi else "<"))
    return sorted(found)


def angle(vector: list[int], eye: Octant) -> float:
    """The direction in which a vector is seen, counterclockwise."""
    # What is to the right, and what above; seen from a mirrored octant right is left.
    mirrored = eye[0] * eye[1] * eye[2]
    x, y, z = (value * side for value, side in zip(vector, eye, strict=True))
    return math.atan2(2 * z - x - y, math.sqrt(3) * (y - x) * mirrored)


def catalogue() -> dict[str, set[tuple[str, ...]]]:
    """The labels that each kind of junction can have, counterclockwise."""
    found: dict[str, set[tuple[str, ...]]] = {"L": set(), "arrow": set(), "fork": set()}
    rest = [set(OCTANTS) - ONE, set(OCTANTS) - THREE]
    for solid, axes, signs in itertools.product(
        [ONE, THREE, *rest], itertools.permutations(range(3)), OCTANTS
    ):
        filled = moved(solid, axes, signs)
        for eye in set(OCTANTS) - filled:
            lines = labels_from(filled, eye)
            gaps = [
                (after[0] - before[0]) % math.tau
                for before, after in zip([lines[-1], *lines], lines, strict=False)
            ]
            widest = gaps.index(max(gaps))
            labels = [label for _, label in (*lines[widest:], *lines[:widest])]
            if len(labels) == 2:
                found["L"].add(tuple(labels))
            elif max(gaps) > math.pi + 0.01:
                found["arrow"].add(tuple(labels))
            else:
                found["fork"] |= {(*labels[n:], *labels[:n]) for n in range(3)}
    return found


def test_the_junctions_of_three_faces_are_what_huffman_and_clowes_listed() -> None:
    rules = RuleSet.load(Path(__file__).parent / "waltz.rete")
    known = catalogue()
    # With the four of the T, where one body only covers another, they are the known eighteen.
    assert [len(known["L"]), len(known["arrow"]), len(known["fork"])] == [6, 3, 5]
    with rules.session() as session:
        for kind, ends in (("L", 2), ("arrow", 3), ("fork", 3)):
            session.insert("Junction", name=kind, kind=kind, ends=["elsewhere"] * ends)
        session.run()
        for kind, expected in known.items():
            table = [tuple(f.labels) for f in session.facts("Labelling", junction=kind)]
            assert len(table) == len(expected)
            assert set(table) == expected
