"""Waltz labelling: which edges of a drawing of stairs are convex, concave, or a boundary.

Huffman and Clowes listed what the lines at a junction can be where three faces meet; D. Waltz's
filter crosses out what no neighbour agrees with until nothing changes. What is left does not
depend on the order, so the number of firings is known as well: one for each mark of a labelling
that is possible at first, one for each labelling crossed out, and one for each of its marks.

The stairs are seen from above and from their left, which shows treads, risers and the side in
front: every step adds two forks and two arrows. One line, at the very bottom, is given as a
boundary. There are as many firings with 56 and with 220 steps as the classic Waltz program needs
for 12 and for 50 regions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Row, Workload, always, expect

# Lines counterclockwise, beginning behind the gap of more than a half turn; a fork begins anywhere.
# Seen from the junction, `>` leads away and `<` comes in, with the body to the right.
POSSIBLE = {
    "L": ("><", "<>", "+<", ">+", "->", "<-"),
    "arrow": ("<+>", "-+-", "+-+"),
    "fork": ("+++", "---", "-><", "<->", "><-"),
}
OPPOSITE = {"+": "+", "-": "-", "<": ">", ">": "<"}

RULES = """
template Junction
    name: int
    kind: str
end

template Line  # at its place among those of a junction, and at the other end
    junction: int
    place: int
    other: int
    back: int
end

template Possible
    kind: str
    labelling: int
    place: int
    label: str
end

template Opposite
    label: str
    seen: str
end

template Given
    junction: int
    place: int
    label: str
end

template Mark  # of one line, in one of the labellings of a junction
    junction: int
    labelling: int
    place: int
    label: str
end

template Out
    junction: int
    labelling: int
end

rule "all that is possible"
    salience 30
when
    j := Junction()
    p := Possible(kind == j.kind)
then
    insert Mark(junction = j.name, labelling = p.labelling, place = p.place, label = p.label)
end

rule "marks of what is crossed out"
    salience 20
when
    o := Out()
    m := Mark(junction == o.junction, labelling == o.labelling)
then
    retract m
end

rule "a label that is given"
    salience 10
when
    g := Given()
    m := Mark(junction == g.junction, place == g.place, label != g.label)
    not Out(junction == m.junction, labelling == m.labelling)
then
    insert Out(junction = m.junction, labelling = m.labelling)
end

rule "what no neighbour agrees with"
when
    m := Mark()
    l := Line(junction == m.junction, place == m.place)
    s := Opposite(label == m.label)
    not Mark(junction == l.other, place == l.back, label == s.seen)
    not Out(junction == m.junction, labelling == m.labelling)
then
    insert Out(junction = m.junction, labelling = m.labelling)
end
"""

CLIPS = """
(deftemplate Junction (slot name) (slot kind))
(deftemplate Line (slot junction) (slot place) (slot other) (slot back))
(deftemplate Possible (slot kind) (slot labelling) (slot place) (slot label))
(deftemplate Opposite (slot label) (slot seen))
(deftemplate Given (slot junction) (slot place) (slot label))
(deftemplate Mark (slot junction) (slot labelling) (slot place) (slot label))
(deftemplate Out (slot junction) (slot labelling))

(defrule all-that-is-possible
    (declare (salience 30))
    (Junction (name ?j) (kind ?kind))
    (Possible (kind ?kind) (labelling ?l) (place ?p) (label ?label))
    =>
    (assert (Mark (junction ?j) (labelling ?l) (place ?p) (label ?label))))

(defrule marks-of-what-is-crossed-out
    (declare (salience 20))
    (Out (junction ?j) (labelling ?l))
    ?m <- (Mark (junction ?j) (labelling ?l))
    =>
    (retract ?m))

(defrule a-label-that-is-given
    (declare (salience 10))
    (Given (junction ?j) (place ?p) (label ?label))
    (Mark (junction ?j) (labelling ?l) (place ?p) (label ~?label))
    (not (Out (junction ?j) (labelling ?l)))
    =>
    (assert (Out (junction ?j) (labelling ?l))))

(defrule what-no-neighbour-agrees-with
    (Mark (junction ?j) (labelling ?l) (place ?p) (label ?label))
    (Line (junction ?j) (place ?p) (other ?other) (back ?back))
    (Opposite (label ?label) (seen ?seen))
    (not (Mark (junction ?other) (place ?back) (label ?seen)))
    (not (Out (junction ?j) (labelling ?l)))
    =>
    (assert (Out (junction ?j) (labelling ?l))))
"""


def stairs(steps: int) -> dict[int, tuple[str, list[int], str]]:
    """The kind of each junction, where its lines lead, and what they are.

    The profile in front is 0 to 2 n: even ones are the feet of risers, odd ones noses, and the last
    one ends the top tread. Behind each one is another, at `behind`. One more is the corner below.
    """
    last = 2 * steps
    corner, behind = last + 1, last + 2
    drawn: dict[int, tuple[str, list[int], str]] = {
        0: ("arrow", [corner, 1, behind], "<+>"),
        behind: ("L", [0, behind + 1], "<>"),
        corner: ("L", [last, 0], "<>"),
        last: ("arrow", [last + behind, last - 1, corner], "<+>"),
        last + behind: ("L", [last + behind - 1, last], "<>"),
    }
    for nose in range(1, last, 2):
        back = nose + behind
        drawn[nose] = ("fork", [nose + 1, back, nose - 1], "+++")
        drawn[back] = ("arrow", [back - 1, nose, back + 1], "<+>")
    for foot in range(2, last, 2):
        back = foot + behind
        drawn[foot] = ("arrow", [foot + 1, back, foot - 1], "+-+")
        drawn[back] = ("fork", [back + 1, back - 1, foot], "><-")
    return drawn


def facts(size: int) -> list[Batch]:
    """The drawing of so many steps, and what there is to know about drawings."""
    drawn = stairs(size)
    possible: list[Row] = [
        {"kind": kind, "labelling": number, "place": place, "label": label}
        for kind, labellings in POSSIBLE.items()
        for number, labels in enumerate(labellings)
        for place, label in enumerate(labels)
    ]
    lines: list[Row] = [
        {"junction": name, "place": place, "other": other, "back": drawn[other][1].index(name)}
        for name, (_, ends, _) in drawn.items()
        for place, other in enumerate(ends)
    ]
    return [
        ("Opposite", [{"label": label, "seen": seen} for label, seen in OPPOSITE.items()]),
        ("Possible", possible),
        ("Junction", [{"name": name, "kind": kind} for name, (kind, _, _) in drawn.items()]),
        ("Line", lines),
        ("Given", [{"junction": 0, "place": 0, "label": "<"}]),
    ]


def _filtered(batches: Sequence[Batch]) -> dict[int, set[str]]:
    """What is left of the labellings of each junction when nobody crosses out any more."""
    rows = dict(batches)
    left = {row["name"]: set(POSSIBLE[row["kind"]]) for row in rows["Junction"]}
    for given in rows["Given"]:
        kept = {one for one in left[given["junction"]] if one[given["place"]] == given["label"]}
        left[given["junction"]] = kept
    changed = True
    while changed:
        changed = False
        for line in rows["Line"]:
            seen = {OPPOSITE[one[line["back"]]] for one in left[line["other"]]}
            kept = {one for one in left[line["junction"]] if one[line["place"]] in seen}
            changed |= kept != left[line["junction"]]
            left[line["junction"]] = kept
    return left


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Compare with a filter that goes over all lines until nothing changes."""
    left = _filtered(batches)
    kinds = {row["name"]: row["kind"] for row in dict(batches)["Junction"]}
    marks: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for row in outcome.facts["Mark"]:
        marks[row["junction"], row["labelling"]][row["place"]] = row["label"]
    found: dict[int, set[str]] = {name: set() for name in kinds}
    for (junction, _), labels in marks.items():
        found[junction].add("".join(labels[place] for place in sorted(labels)))
    expect(found == left, "the labellings left are not those expected")
    firings = 0
    for name, kind in kinds.items():
        possible = POSSIBLE[kind]
        width = len(possible[0])
        firings += len(possible) * width + (len(possible) - len(left[name])) * (1 + width)
    expect(outcome.fired == firings, f"{outcome.fired} firings, not {firings}")


WORKLOADS = (
    Workload(
        name="waltz",
        title="Waltz labelling of stairs",
        sizes=(12, 25, 50, 220),
        smallest=3,
        size_means="steps",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        check=check,
        results=("Mark",),
    ),
)
