"""Miss Manners: seat guests in a row so that neighbours differ in sex and share a hobby.

The classic of D. A. Brant, T. Grose, B. Lofaso and D. P. Miranker (*Effects of Database Size on
Rule System Performance: Five Case Studies*, 1991), written anew from its description: a depth
first search in which each further guest makes a new seating with a copy of the whole path, and
phases that a context fact switches, so that most matches of the large joins die before they can
fire. The search relies on the newest seating being extended first.

Every guest has two or three of three hobbies, so any two share one and the search never turns
back. The number of firings is then known whatever the guests are: 1 for the first seat; one for
each of the n - 1 further seatings, one to close it and one to go on from it; a copy of each seat of
the path before it, n (n - 1) / 2 in all; n seats reported, and the end.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.workload import Batch, Outcome, Row, Workload, always, expect

HOBBIES = (1, 2, 3)

RULES = """
template Guest  # one fact for each hobby of a guest
    name: str
    sex: str
    hobby: int
end

template Seating  # two neighbours: the last step of a path
    id: int
    parent: int
    left_seat: int
    left_guest: str
    right_seat: int
    right_guest: str
    closed: bool
end

template Path  # who sits where, on the way to a seating
    id: int
    guest: str
    seat: int
end

template Chosen  # who was tried after a seating, for which hobby
    id: int
    guest: str
    hobby: int
end

template LastSeat
    seat: int
end

template Counter
    next: int
end

template Phase
    name: str
end

template Place  # the answer
    seat: int
    guest: str
end

rule "first seat"
when
    phase := Phase(name == "start")
    g := Guest()
    c := Counter()
then
    insert Seating(id = c.next, parent = 0, left_seat = 1, left_guest = g.name,
                   right_seat = 1, right_guest = g.name, closed = true)
    insert Path(id = c.next, guest = g.name, seat = 1)
    modify c(next = c.next + 1)
    modify phase(name = "assign seats")
end

rule "find seating"
when
    phase := Phase(name == "assign seats")
    s := Seating(closed == true)
    g := Guest(name == s.right_guest)
    next := Guest(hobby == g.hobby, sex != g.sex)
    c := Counter()
    not Path(id == s.id, guest == next.name)
    not Chosen(id == s.id, guest == next.name, hobby == g.hobby)
then
    insert Seating(id = c.next, parent = s.id, left_seat = s.right_seat, left_guest = g.name,
                   right_seat = s.right_seat + 1, right_guest = next.name, closed = false)
    insert Path(id = c.next, guest = next.name, seat = s.right_seat + 1)
    insert Chosen(id = s.id, guest = next.name, hobby = g.hobby)
    modify c(next = c.next + 1)
    modify phase(name = "make path")
end

rule "make path"
when
    Phase(name == "make path")
    s := Seating(closed == false)
    p := Path(id == s.parent)
    not Path(id == s.id, guest == p.guest)
then
    insert Path(id = s.id, guest = p.guest, seat = p.seat)
end

rule "path done"
    salience -1
when
    phase := Phase(name == "make path")
    s := Seating(closed == false)
then
    modify s(closed = true)
    modify phase(name = "check done")
end

rule "done"
when
    phase := Phase(name == "check done")
    last := LastSeat()
    Seating(right_seat == last.seat)
then
    modify phase(name = "report")
end

rule "go on"
    salience -1
when
    phase := Phase(name == "check done")
then
    modify phase(name = "assign seats")
end

rule "report"
when
    Phase(name == "report")
    last := LastSeat()
    s := Seating(right_seat == last.seat)
    p := Path(id == s.id)
then
    retract p
    insert Place(seat = p.seat, guest = p.guest)
end

rule "end"
    salience -1
when
    Phase(name == "report")
then
    halt
end
"""

CLIPS = """
(deftemplate Guest (slot name) (slot sex) (slot hobby))
(deftemplate Seating (slot id) (slot parent) (slot left_seat) (slot left_guest)
                     (slot right_seat) (slot right_guest) (slot closed))
(deftemplate Path (slot id) (slot guest) (slot seat))
(deftemplate Chosen (slot id) (slot guest) (slot hobby))
(deftemplate LastSeat (slot seat))
(deftemplate Counter (slot next))
(deftemplate Phase (slot name))
(deftemplate Place (slot seat) (slot guest))

(defrule first-seat
    ?phase <- (Phase (name "start"))
    (Guest (name ?name))
    ?c <- (Counter (next ?id))
    =>
    (assert (Seating (id ?id) (parent 0) (left_seat 1) (left_guest ?name)
                     (right_seat 1) (right_guest ?name) (closed TRUE)))
    (assert (Path (id ?id) (guest ?name) (seat 1)))
    (modify ?c (next (+ ?id 1)))
    (modify ?phase (name "assign seats")))

(defrule find-seating
    ?phase <- (Phase (name "assign seats"))
    (Seating (id ?parent) (right_seat ?seat) (right_guest ?left) (closed TRUE))
    (Guest (name ?left) (sex ?sex) (hobby ?hobby))
    (Guest (name ?next) (sex ~?sex) (hobby ?hobby))
    ?c <- (Counter (next ?id))
    (not (Path (id ?parent) (guest ?next)))
    (not (Chosen (id ?parent) (guest ?next) (hobby ?hobby)))
    =>
    (assert (Seating (id ?id) (parent ?parent) (left_seat ?seat) (left_guest ?left)
                     (right_seat (+ ?seat 1)) (right_guest ?next) (closed FALSE)))
    (assert (Path (id ?id) (guest ?next) (seat (+ ?seat 1))))
    (assert (Chosen (id ?parent) (guest ?next) (hobby ?hobby)))
    (modify ?c (next (+ ?id 1)))
    (modify ?phase (name "make path")))

(defrule make-path
    (Phase (name "make path"))
    (Seating (id ?id) (parent ?parent) (closed FALSE))
    (Path (id ?parent) (guest ?guest) (seat ?seat))
    (not (Path (id ?id) (guest ?guest)))
    =>
    (assert (Path (id ?id) (guest ?guest) (seat ?seat))))

(defrule path-done
    (declare (salience -1))
    ?phase <- (Phase (name "make path"))
    ?s <- (Seating (closed FALSE))
    =>
    (modify ?s (closed TRUE))
    (modify ?phase (name "check done")))

(defrule done
    ?phase <- (Phase (name "check done"))
    (LastSeat (seat ?last))
    (Seating (right_seat ?last))
    =>
    (modify ?phase (name "report")))

(defrule go-on
    (declare (salience -1))
    ?phase <- (Phase (name "check done"))
    =>
    (modify ?phase (name "assign seats")))

(defrule report
    (Phase (name "report"))
    (LastSeat (seat ?last))
    (Seating (id ?id) (right_seat ?last))
    ?p <- (Path (id ?id) (guest ?guest) (seat ?seat))
    =>
    (retract ?p)
    (assert (Place (seat ?seat) (guest ?guest))))

(defrule end
    (declare (salience -1))
    (Phase (name "report"))
    =>
    (halt))
"""


def facts(size: int) -> list[Batch]:
    """So many guests, an even number, half of each sex."""
    if size < 2 or size % 2:
        raise ValueError(f"the number of guests must be even, not {size}")
    rng = random.Random(1)
    guests: list[Row] = []
    for number in range(1, size + 1):
        for hobby in sorted(rng.sample(HOBBIES, rng.randint(2, 3))):
            guests.append({"name": f"guest {number}", "sex": "mf"[number % 2], "hobby": hobby})
    rng.shuffle(guests)
    return [
        ("Guest", guests),
        ("LastSeat", [{"seat": size}]),
        ("Counter", [{"next": 1}]),
        ("Phase", [{"name": "start"}]),
    ]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Look at the seating without asking how it came about, and at the number of firings."""
    sex: dict[str, str] = {}
    hobbies: dict[str, set[int]] = {}
    for row in dict(batches)["Guest"]:
        sex[row["name"]] = row["sex"]
        hobbies.setdefault(row["name"], set()).add(row["hobby"])
    size = len(sex)
    places = sorted((row["seat"], row["guest"]) for row in outcome.facts["Place"])
    expect([seat for seat, _ in places] == list(range(1, size + 1)), "not one guest on each seat")
    row_of_guests = [guest for _, guest in places]
    expect(set(row_of_guests) == set(sex), "not everybody has a seat")
    for left, right in pairwise(row_of_guests):
        expect(sex[left] != sex[right], f"{left} and {right} are of one sex")
        expect(bool(hobbies[left] & hobbies[right]), f"{left} and {right} share no hobby")
    firings = 1 + 3 * (size - 1) + size * (size - 1) // 2 + size + 1
    expect(outcome.fired == firings, f"{outcome.fired} firings, not {firings}")


WORKLOADS = (
    Workload(
        name="manners",
        title="Miss Manners",
        sizes=(16, 32, 64, 128, 256),
        smallest=8,
        size_means="guests",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        check=check,
        results=("Place",),
    ),
)
