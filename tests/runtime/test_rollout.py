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
    """A place whose actor starts and ends when the test says so."""

    plan: ActorPlan
    state: str = "working"

    def is_empty(self):
        return self.state == "empty"

    def is_working(self):
        return self.state == "working"

    def is_ending(self):
        return self.state == "ending"

    def ask_to_end(self):
        assert self.state in {"working", "starting"}
        self.state = "ending"


def planned(text):
    """`planned("w1 w1 d1")`: plans of two equal workers and a dispatcher."""
    kinds = {"w": "worker", "d": "dispatcher", "s": "scheduler"}
    return [ActorPlan(kinds[word[0]], lambda services, placement: None, word[1:]) for word in text.split()]


def running(text):
    return [FakePlace(plan) for plan in planned(text)]


def words(plans):
    return sorted(plan.kind[0] + plan.options for plan in plans)


def states(places):
    return [place.state for place in places]


def ends(place):
    assert place.state == "ending"
    place.state = "empty"


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
    rollout = Rollout(running(before))
    assert words(rollout.start(planned(after))) == more
    assert rollout.remaining() == changing


def test_one_ends_at_a_time_and_the_next_once_its_successor_works():
    places = running("w1 w1")
    rollout = Rollout(places)
    rollout.start(planned("w2 w2"))
    rollout.step()
    rollout.step()
    assert states(places) == ["ending", "working"]
    ends(places[0])
    rollout.step()
    assert (words(place.plan for place in places), states(places)) == (["w1", "w2"], ["empty", "working"])
    places[0].state = "starting"
    rollout.step()
    assert states(places) == ["starting", "working"]
    places[0].state = "working"
    rollout.step()
    assert states(places) == ["working", "ending"]


def test_a_place_that_is_empty_anyway_changes_at_once():
    places = running("w1 w1")
    places[1].state = "empty"
    rollout = Rollout(places)
    rollout.start(planned("w2 w2"))
    rollout.step()
    assert words([places[1].plan]) == ["w2"]
    assert states(places) == ["working", "empty"]


def test_plans_that_no_actor_survives_leave_the_rest_and_better_ones_mend_it():
    places = running("w1 w1")
    rollout = Rollout(places)
    rollout.start(planned("w2 w2"))
    rollout.step()
    ends(places[0])
    rollout.step()
    for state in ("starting", "empty", "starting", "empty"):
        places[0].state = state
        rollout.step()
        assert places[1].state == "working"
    rollout.start(planned("w3 w3"))
    rollout.step()
    assert words([places[0].plan]) == ["w3"]


@given(st.data())
def test_whatever_is_asked_for_meanwhile_the_last_plans_are_what_runs(data):
    texts = st.lists(st.sampled_from(["w1", "w2", "w3", "d1", "d2", "s1"]), max_size=5).map(" ".join)
    places = running(data.draw(texts))
    rollout = Rollout(places)

    def start(text):
        places.extend(FakePlace(plan, "empty") for plan in rollout.start(planned(text)))

    def live():
        for place in list(places):
            place.state = {"ending": "empty", "empty": "starting", "starting": "working"}.get(
                place.state, "working"
            )

    for text in data.draw(st.lists(texts, max_size=4)):
        start(text)
        for _ in range(data.draw(st.integers(0, 4))):
            rollout.step()
            assert Counter(states(places))["ending"] <= 2  # One may be left from the rollout before.
            live()
    wanted = data.draw(texts)
    start(wanted)
    for _ in range(60):
        rollout.step()
        live()
    assert words(place.plan for place in places) == sorted(wanted.split())
    assert not rollout.remaining()
