"""Listeners: what they hear, how they find out that they hear nothing, and how they end."""

from conftest import ALL, CHANNEL

from dj_queue.contract import SCHEDULED, Selector


def test_only_what_is_selected_is_heard(server, transport, listening, wait_until):
    wakeup = transport(quiet=0.0)
    mail, dispatcher = listening(wakeup, Selector("mail")), listening(wakeup, Selector(SCHEDULED))
    wait_until(lambda: mail.hints == dispatcher.hints == 1)  # They are there.
    wakeup.announce(["news"])
    wakeup.announce(["mail"])
    wait_until(lambda: mail.hints == 2)
    wakeup.announce([SCHEDULED])
    wait_until(lambda: dispatcher.hints == 2)
    assert mail.hints == 2


def test_another_channel_is_another_queue(server, transport, listening, wait_until):
    ours, theirs = transport(quiet=0.0), transport("shop:default", quiet=0.0)
    ear = listening(ours)
    wait_until(lambda: ear.hints == 1)
    theirs.announce(["mail"])
    ours.announce(["mail"])
    wait_until(lambda: ear.hints == 2)


def test_a_burst_ends_with_a_hint_of_its_own(server, transport, listening, wait_until):
    ear = listening(transport(quiet=0.5))
    wait_until(lambda: ear.hints == 2)  # On the subscription, and for what was announced beside it.
    server.ask("PUBLISH", CHANNEL, "mail")
    wait_until(lambda: ear.hints == 4)


def test_any_bytes_on_the_channel_are_harmless(server, transport, listening, wait_until):
    ear = listening(transport(quiet=0.0))
    wait_until(lambda: ear.hints == 1)
    for noise in (r'"\xff\xfe"', '""', r'"\n\n"', "x" * 30000):
        server.ask("PUBLISH", CHANNEL, noise)
    server.ask("PUBLISH", CHANNEL, "mail")
    wait_until(lambda: ear.hints >= 2)
    assert not ear.errors


def test_a_killed_redis_is_told_of_and_found_again(server, transport, listening, wait_until):
    wakeup = transport(quiet=0.0, pause=0.0)
    ear = listening(wakeup)
    wait_until(lambda: ear.hints == 1)
    server.kill()
    wait_until(lambda: ear.errors)
    server.start()
    wait_until(lambda: ear.hints == 2)  # Nobody knows what was announced meanwhile.
    wakeup.announce(["mail"])
    wait_until(lambda: ear.hints == 3)


def test_a_connection_that_was_cut_is_made_again(server, transport, listening, wait_until):
    ear = listening(transport(quiet=0.0))
    wait_until(lambda: ear.hints == 1)
    server.ask("CLIENT", "KILL", "TYPE", "pubsub")
    wait_until(lambda: ear.errors and ear.hints >= 2)


def test_a_redis_that_says_nothing_any_more_is_found_out(server, transport, listening, wait_until):
    ear = listening(transport(silence=0.1, answer=1.0))
    wait_until(lambda: ear.hints)
    server.freeze()
    wait_until(lambda: ear.errors)
    before = ear.hints
    server.thaw()
    wait_until(lambda: ear.hints > before)


def test_a_silent_redis_that_answers_is_no_error(server, transport, listening, wait_until):
    ear = listening(transport(silence=0.01))
    wait_until(lambda: "cmd=ping" in server.ask("CLIENT", "LIST", "TYPE", "pubsub"))
    before = ear.hints
    server.ask("PUBLISH", CHANNEL, "mail")
    wait_until(lambda: ear.hints > before)
    assert not ear.errors


def test_closing_ends_a_wait_in_another_thread_and_the_connection(server, transport, listening, wait_until):
    ear = listening(transport())
    wait_until(lambda: server.listeners(CHANNEL) == 1)
    assert ear.close()
    wait_until(lambda: server.listeners(CHANNEL) == 0)
    assert not ear.errors


def test_closing_ends_a_wait_for_a_redis_that_hangs(server, transport, listening, wait_until):
    ear = listening(transport())
    wait_until(lambda: ear.hints)
    server.freeze()
    assert ear.close()
    assert not ear.errors


def test_one_that_never_waited_or_waits_no_more_can_be_closed(server, transport):
    never = transport().listen([ALL])
    never.close()
    never.close()
    assert never.wait(60) is False
    once = transport().listen([ALL])
    assert once.wait(60) is True
    once.close()
    assert once.wait(60) is False
