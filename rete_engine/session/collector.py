"""Holding Python's cyclic garbage collector back while a session grows.

Tokens and facts live long and are linked by hand, and the engine cuts its own cycles. But every
object made counts towards the collector's next pass, and a pass over all that is alive finds
nothing: on 100,000 facts that took half the time of loading them, and a single pass over two
million objects an eighth of the time of loading a million facts. So the collector's first threshold
is raised while sessions load and run. It is one for the whole process, hence the counter; what the
program itself sets in the meantime is left alone.

Functions of the program may leave garbage that only the collector finds. Where there are more young
objects than a session can have made, they are passed over in the midst of it (`look_for_garbage`).

What was made in the meantime would still be passed over once, when the threshold is restored,
which takes as long as the load. `gc.freeze` and `gc.unfreeze` move it to the oldest generation
without looking at it. Garbage among it is found by a full collection, which Python may put off for
ever, since it does not count what was moved so. Hence it is counted here, but for what the sessions
hold, and when that is much a full collection is asked for.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Objects made between two passes over the youngest ones. Python's own value is 700 or 2,000.
RAISED = 10_000_000

#: Fewer young objects than this are not worth a thought, and a session makes two or three, and at
#: most so many, for each object of its weight: what is beyond both is the program's.
SUSPECT = 1_000_000
OWN = 4

#: So many young objects are worth moving; fewer are passed over in no time, and to ask whether the
#: program froze some takes as long as there are frozen ones.
MANY_YOUNG = 10_000

#: So many moved objects may be garbage before all that is alive is looked at, or twice the weight
#: of the largest session: it may well have made so many more.
UNSEEN = 1_000_000

# Sessions that the collector finds let go too, in the midst of whatever allocates.
_lock = threading.RLock()
_holders = 0
_saved: tuple[int, int, int] = (0, 0, 0)
_gained = 0  # the weight that sessions gained while the collector was held back
# Since the last full collection:
_unseen = 0  # moved objects that may be garbage
_largest = 0  # the most weight that was gained at a time
_full = 0  # how many of them there had been


def hold_back() -> None:
    """Raise the threshold, unless that was done already; pair every call with `let_go`."""
    global _holders, _saved
    with _lock:
        _holders += 1
        if _holders == 1:
            _saved = gc.get_threshold()
            if 0 < _saved[0] < RAISED:
                gc.set_threshold(RAISED, *_saved[1:])


def let_go(gained: int = 0) -> None:
    """Undo `hold_back`; the last one restores the threshold.

    Args:
        gained: The weight that a session gained since then, see `WorkingMemory.weight`.
    """
    global _holders, _gained
    much_unseen = False
    with _lock:
        _holders -= 1
        _gained += max(0, gained)
        if _holders == 0:
            first, *others = gc.get_threshold()
            if first == RAISED:
                # What the program froze itself must stay frozen.
                if gc.get_count()[0] > MANY_YOUNG and gc.get_freeze_count() == 0:
                    much_unseen = _move_young()
                gc.set_threshold(_saved[0], *others)
            _gained = 0
    # When all is restored, and without the lock: finalizers may do what they like.
    if much_unseen and gc.isenabled():
        gc.collect()


def _move_young() -> bool:
    """Move the young objects to the oldest ones; whether much among those is unseen."""
    global _unseen, _largest, _full
    full = gc.get_stats()[2]["collections"]
    if full != _full:
        _full, _unseen, _largest = full, 0, 0
    _unseen += max(0, gc.get_count()[0] - _gained)
    _largest = max(_largest, _gained)
    gc.freeze()
    gc.unfreeze()
    return _unseen > max(UNSEEN, 2 * _largest)


def look_for_garbage(gained: int) -> None:
    """Pass over the young objects of the process, if a session cannot have made them all.

    Args:
        gained: The weight that it gained since the collector was held back.
    """
    if gc.get_count()[0] > max(SUSPECT, OWN * gained) and gc.isenabled():
        gc.collect(0)


def give_way() -> None:
    """Let other threads and interrupts have their turn.

    Nothing need be done for that: Python looks at them when it begins a function that is not
    compiled, and this module is not.
    """


@contextmanager
def held_back(weigh: Callable[[], int] = int) -> Iterator[None]:
    """Hold the collector back for a block.

    Args:
        weigh: Tells what the session weighs that loads.
    """
    before = weigh()
    hold_back()
    try:
        yield
    finally:
        let_go(weigh() - before)
