"""From one plan to another while the queue runs: actors whose plan changed make way for new ones, one at a time."""

from abc import abstractmethod
from collections.abc import Sequence
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
        """Whether an actor runs here that has registered and was not asked to end."""

    @abstractmethod
    def is_ending(self) -> bool:
        """Whether an actor runs here that was asked to end."""

    @abstractmethod
    def ask_to_end(self) -> None:
        """Have the actor end in order."""


class Rollout[P: Place]:
    """Changes what runs in some places, so that only one of them at a time is empty for it."""

    def __init__(self, places: list[P]) -> None:
        """Change these places; those that are no longer needed leave the list."""
        self._places = places
        self._changes: list[tuple[P, ActorPlan | None]] = []
        self._changed: list[P] = []

    def start(self, plans: Sequence[ActorPlan]) -> list[ActorPlan]:
        """Go for these plans from now on; returns those that want one more place.

        A place whose plan is among them is left alone. Others change to a plan of their kind, or leave.
        """
        wanted = list(plans)
        others = [place for place in self._places if not _took(place.plan, wanted)]
        self._changes = [(place, _take_kind(place.plan.kind, wanted)) for place in others]
        self._changed = []
        return wanted

    def step(self) -> None:
        """Do what can be done now: change the places that are empty, else ask the next actor to end."""
        for change in [each for each in self._changes if each[0].is_empty()]:
            self._change(*change)
            self._changes.remove(change)
        if not self._changes or any(place.is_ending() for place, _successor in self._changes):
            return
        # Options that no worker can live with must not take the last one.
        if all(place.is_working() for place in self._changed):
            self._changes[0][0].ask_to_end()

    def remaining(self) -> int:
        """How many places are still to change."""
        return len(self._changes)

    def _change(self, place: P, successor: ActorPlan | None) -> None:
        if successor is None:
            self._places.remove(place)
            return
        place.plan = successor
        self._changed.append(place)


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
