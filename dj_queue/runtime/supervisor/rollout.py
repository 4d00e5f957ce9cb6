"""From one plan to another while the queue runs: new actors come first, and those whose plan is gone make way for them."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from dj_queue.runtime.topology import ActorPlan


class Place(Protocol):
    """Where one actor of the plan runs."""

    plan: ActorPlan
    """What runs here, or comes next where nothing does."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether nothing runs here now."""

    @abstractmethod
    def is_working(self) -> bool:
        """Whether the actor here has come to its work."""

    @abstractmethod
    def make_way(self) -> None:
        """Have the actor end when what it runs has ended."""


class Rollout[P: Place]:
    """Changes what runs, one actor at a time, and none makes way before its successor works."""

    def __init__(self, places: list[P], leaving: list[P], add: Callable[[ActorPlan], P]) -> None:
        """Change these places: `add` makes one more of them; those that make way go to `leaving`."""
        self._places = places
        self._leaving = leaving
        self._add = add
        self._changes: deque[tuple[P, ActorPlan | None]] = deque()
        self._more: deque[ActorPlan] = deque()
        self._came: list[P] = []

    def start(self, plans: Sequence[ActorPlan]) -> None:
        """Go for these plans from now on.

        A place whose plan is among them is left alone. Others change to a plan of their kind, or leave.
        """
        wanted = list(plans)
        others = [place for place in self._places if not _took(place.plan, wanted)]
        self._changes = deque((place, _take_kind(place.plan.kind, wanted)) for place in others)
        self._more = deque(wanted)

    def step(self) -> None:
        """Do what can be done now; called again and again, also after it raised what `add` does."""
        while self._more:
            self._came.append(self._add(self._more[0]))
            self._more.popleft()
        for change in [each for each in self._changes if each[0].is_empty()]:
            self._changes.remove(change)
            self._change_empty(*change)
        changing = [place for place, _successor in self._changes]
        self._came = [place for place in self._came if place in self._places and place not in changing]
        # Options that no actor can live with must take none of those that live.
        if not all(place.is_working() for place in self._came):
            return
        if not self._changes:
            self._came.clear()
            return
        place, successor = self._changes[0]
        if successor is not None:
            self._came.append(self._add(successor))
            self._changes[0] = (place, None)
            return
        self._changes.popleft()
        self._places.remove(place)
        self._leaving.append(place)
        place.make_way()

    def remaining(self) -> int:
        """How many actors are still to make way."""
        return len(self._changes)

    def _change_empty(self, place: P, successor: ActorPlan | None) -> None:
        if successor is None:
            self._places.remove(place)
            return
        place.plan = successor
        self._came.append(place)


def _took(plan: ActorPlan, wanted: list[ActorPlan]) -> bool:
    """Whether this plan was still wanted; it no longer is."""
    if plan not in wanted:
        return False
    wanted.remove(plan)
    return True


def _take_kind(kind: str, wanted: list[ActorPlan]) -> ActorPlan | None:
    """The first wanted plan of this kind, which is then no longer wanted."""
    plan = next((each for each in wanted if each.kind == kind), None)
    if plan is not None:
        wanted.remove(plan)
    return plan
