"""When listeners ring, on a clock of the test's own."""

from dj_queue_redis_wakeup.bell import Bell


def rings(bell, *moments):
    return [moment for moment in moments if bell.rings(moment)]


def test_news_ring_at_once_and_again_when_their_sender_may_have_more():
    bell = Bell(10)
    bell.hear(100)
    assert rings(bell, 100, 101, 109, 110, 111, 200) == [100, 110]


def test_news_of_a_burst_ring_together_and_the_last_ones_once_more():
    bell = Bell(10)
    bell.hear(100)
    assert rings(bell, 100)
    bell.hear(103)
    bell.hear(107)
    assert rings(bell, 107, 110, 112, 117, 130) == [110, 117]


def test_one_ring_is_enough_for_who_looks_late():
    bell = Bell(10)
    bell.hear(100)
    assert rings(bell, 150, 151, 170) == [150]


def test_news_without_end_ring_again_and_again():
    bell = Bell(10)
    heard = []
    for moment in range(100, 200):
        bell.hear(moment)
        heard += rings(bell, moment)
    assert len(heard) >= 10
