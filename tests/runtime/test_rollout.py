"""From plan to plan: which places are left alone, and that the others change one at a time."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.runtime.supervisor.rollout import Rollout
from dj_queue.runtime.topology import ActorPlan


@dataclass(eq=False)
class FakePlace:
    """A place whose actor comes to work, and ends, when the test says so."""

    plan: ActorPlan
    state: str = "working"

    def is_empty(self):
        return self.state == "empty"

    def is_working(self):
        return self.state == "working"

    def make_way(self):
        assert self.state in {"starting", "working"}
        self.state = "ending"


class House:
    """Places, those that make way, and what moves them."""

    def __init__(self, text):
        self.places = [FakePlace(plan) for plan in planned(text)]
        self.leaving = []
        self.rollout = Rollout(self.places, self.leaving, self._add)

    def _add(self, plan):
        self.places.append(FakePlace(plan, "empty"))
        return self.places[-1]

    def go_for(self, text):
        self.rollout.start(planned(text))
        self.rollout.step()

    def at(self, state):
        return words(place.plan for place in self.places if place.state == state)


def planned(text):
    """`planned("w1 w1 d1")`: plans of two equal workers and a dispatcher."""
    kinds = {"w": "worker", "d": "dispatcher", "s": "scheduler"}
    return [ActorPlan(kinds[word[0]], lambda services, placement: None, word[1:]) for word in text.split()]


def words(plans):
    return sorted(plan.kind[0] + plan.options for plan in plans)


@pytest.mark.parametrize(
    ("before", "after", "changing", "more"),
    [
        ("w1 w1 d1", "d1 w1 w1", 0, []),
        ("w1 w1 d1", "w2 w2 d1", 2, []),
        ("w1 w1 d1", "w1 d1", 1, []),
        ("w1 d1", "w1 w1 d1 s1", 0, ["s1", "w1"]),
        ("w1 w2", "w2 w3 w3", 1, ["w3"]),
        ("w1", "d1", 1, ["d1"]),
        ("w1", "", 1, []),
    ],
)
def test_equal_plans_stay_and_others_change_within_their_kind(before, after, changing, more):
    house = House(before)
    house.rollout.start(planned(after))
    assert house.rollout.remaining() == changing
    house.rollout.step()
    added = [place.plan for place in house.places if place.state == "empty"]
    assert words(added) == (more or ([after.split()[0]] if changing == 2 else []))


def test_a_successor_works_before_anyone_makes_way_one_after_the_other():
    house = House("w1 w1")
    house.go_for("w2 w2")
    assert (house.at("working"), house.at("empty")) == (["w1", "w1"], ["w2"])
    for state in ("starting", "empty", "starting"):
        house.places[-1].state = state
        house.rollout.step()
        assert (house.at("working"), house.leaving) == (["w1", "w1"], [])
    house.places[-1].state = "working"
    house.rollout.step()
    assert (house.at("working"), len(house.leaving)) == (["w1", "w2"], 1)
    house.rollout.step()
    assert (house.at("empty"), len(house.leaving)) == (["w2"], 1)


def test_who_makes_way_holds_up_nobody():
    house = House("w1 w1 w1")
    house.go_for("w2 w2 w2")
    for _ in range(10):
        for place in house.places:
            place.state = "working"
        house.rollout.step()
    assert house.at("working") == ["w2", "w2", "w2"]
    assert [place.state for place in house.leaving] == ["ending"] * 3


def test_a_place_that_is_empty_anyway_changes_at_once():
    house = House("w1")
    house.places[0].state = "empty"
    house.go_for("w2")
    assert (house.at("empty"), house.leaving) == (["w2"], [])


def test_plans_that_no_actor_survives_take_nobody_and_better_ones_mend_it():
    house = House("w1 d1")
    house.go_for("w2 d1")
    house.rollout.step()
    house.go_for("w2 d2")
    for _ in range(3):
        house.rollout.step()
        assert house.at("working") == ["d1", "w1"]
    house.go_for("w3 d1")
    assert house.at("empty") == ["w3"]


def test_what_could_not_be_added_is_added_later():
    house = House("w1")
    refused = [RuntimeError("no more threads")]

    def add(plan):
        if refused:
            raise refused.pop()
        return house._add(plan)

    rollout = Rollout(house.places, house.leaving, add)
    rollout.start(planned("w1 w1"))
    with pytest.raises(RuntimeError):
        rollout.step()
    rollout.step()
    assert house.at("empty") == ["w1"]


TEXTS = st.lists(st.sampled_from(["w1", "w2", "w3", "d1", "d2", "s1"]), max_size=5).map(" ".join)
NEXT = {"empty": "starting", "starting": "working", "working": "working"}


@given(st.data())
def test_whatever_is_asked_for_meanwhile_the_last_plans_are_what_runs(data):
    house = House(data.draw(TEXTS))

    def live(moves):
        for place in house.places:
            place.state = NEXT[place.state] if moves() else place.state

    for text in data.draw(st.lists(TEXTS, max_size=4)):
        house.go_for(text)
        for _ in range(data.draw(st.integers(0, 4))):
            workers = Counter(place.plan.kind for place in house.places if place.is_working())
            house.rollout.step()
            left = Counter(place.plan.kind for place in house.places if place.is_working())
            assert sum((workers - left).values()) <= 1
            live(lambda: data.draw(st.booleans()))
    wanted = data.draw(TEXTS)
    house.go_for(wanted)
    for _ in range(60):
        house.rollout.step()
        live(lambda: True)
    assert words(place.plan for place in house.places) == sorted(wanted.split())
    assert not house.rollout.remaining()
