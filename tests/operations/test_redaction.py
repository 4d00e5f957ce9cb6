"""What is sensitive is stored for the task alone: nothing that is shown or logged has it."""

import logging
from functools import wraps

import django
import pytest
from django.tasks import task
from django.tasks.exceptions import InvalidTask
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.api import sensitive
from dj_queue.config.options import SENSITIVE_KEYS
from dj_queue.exceptions import DispatchPolicyError, SensitiveError
from dj_queue.models import Semaphore
from dj_queue.operations.redaction import HIDDEN, Redaction, fold
from tests.project import tasks

SECRET = "hunter2 'and' \"more\"\n"


def sign_in(user, pin, *codes, note="", **others):
    return user


def with_context(context, user, pin):
    return user


def redaction(*names, of=sign_in):
    def fresh(*args, **kwargs):
        return of(*args, **kwargs)

    func = wraps(of)(fresh)
    if names:
        sensitive(*names)(func)
    return Redaction(task(func, takes_context=of is with_context), SENSITIVE_KEYS)


def test_marked_arguments_are_hidden_however_they_are_passed():
    hides = redaction("pin", "note")
    assert hides.args(["ada", 1234]) == ["ada", HIDDEN]
    assert hides.kwargs({"user": "ada", "pin": {"digits": [1]}, "note": "x"}) == {
        "user": "ada",
        "pin": HIDDEN,
        "note": HIDDEN,
    }


def test_a_context_is_no_argument():
    assert redaction("pin", of=with_context).args(["ada", 1234]) == ["ada", HIDDEN]


def test_a_mark_on_the_rest_hides_the_rest():
    hides = redaction("codes", "others")
    assert hides.args(["ada", 1, 2, 3]) == ["ada", 1, HIDDEN, HIDDEN]
    assert hides.kwargs({"user": "ada", "a": 1, "b": 2}) == {"user": "ada", "a": HIDDEN, "b": HIDDEN}


def test_a_return_value_is_hidden_when_the_task_says_so():
    assert redaction("return").result({"a": 1}) == HIDDEN
    assert redaction("pin").result({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    "key", ["password", "user_password", "API-Key", "apiKey", "AUTHORIZATION", "csrfToken"]
)
def test_values_under_telling_keys_are_hidden_at_any_depth(key):
    hides = redaction()
    assert hides.kwargs({key: "x", "body": [{key: 1, "a": 2}]}) == {
        key: HIDDEN,
        "body": [{key: HIDDEN, "a": 2}],
    }
    assert hides.args([{key: "x"}]) == [{key: HIDDEN}]
    assert hides.result([[{key: None}]]) == [[{key: HIDDEN}]]


def test_telling_names_of_parameters_are_hidden_without_a_mark():
    def reset(user, new_password):
        return user

    reset.__qualname__ = "reset"
    assert Redaction(task(reset), SENSITIVE_KEYS).args(["ada", "x"]) == ["ada", HIDDEN]
    assert Redaction(task(reset), ()).args(["ada", "x"]) == ["ada", "x"]


def test_all_of_a_task_that_is_gone_is_hidden():
    hides = Redaction(None, SENSITIVE_KEYS)
    assert (hides.args([1]), hides.kwargs({"a": 1}), hides.result(1)) == (HIDDEN, HIDDEN, HIDDEN)


@pytest.mark.parametrize("value", ["text", 7, None, {"a": 1}])
def test_stored_arguments_of_another_shape_are_hidden_where_anything_is_marked(value):
    assert redaction("pin").args(value) == HIDDEN
    assert redaction().args(value) == value


def test_short_secrets_are_hidden_where_they_stand_alone():
    text = redaction("pin").text("pin 12 is not 123 nor '12'", ["ada", 12], {})
    assert text == f"pin {HIDDEN} is not 123 nor '{HIDDEN}'"


@given(st.text(min_size=6).filter(lambda secret: secret.strip()), st.text(), st.text())
def test_no_secret_is_left_in_a_text(secret, before, after):
    hides = redaction("pin")
    for written in (secret, repr(secret)[1:-1]):
        assert written not in hides.text(before + written + after, [], {"pin": secret}).replace(HIDDEN, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(SENSITIVE_KEYS), inner),
)


@given(JSON)
def test_what_is_shown_has_the_shape_of_what_is_stored(value):
    def same(stored, shown):
        if isinstance(stored, dict):
            return stored.keys() == shown.keys() and all(
                shown[key] == HIDDEN
                if any(fold(part) in fold(key) for part in SENSITIVE_KEYS)
                else same(item, shown[key])
                for key, item in stored.items()
            )
        if isinstance(stored, list):
            return len(stored) == len(shown) and all(map(same, stored, shown))
        return stored == shown

    assert same(value, redaction().value(value))


def test_a_mark_that_would_hide_nothing_is_refused():
    with pytest.raises(
        DispatchPolicyError, match=r"'pun'.*: sign_in has no parameter 'pun'; its parameters are user, pin"
    ):
        sensitive("pun")(sign_in)


def test_a_mark_without_names_is_refused():
    with pytest.raises(DispatchPolicyError, match=r'name the parameters, @sensitive\("pin"\)'):
        sensitive()


def test_marks_stack_with_task_in_either_order():
    above, below = sensitive("pin")(task(sign_in)), task(sensitive("pin")(sign_in))
    assert above.func.sensitive == below.func.sensitive == ("pin",)


@pytest.mark.skipif(django.VERSION < (6, 1), reason="Django 6.0 takes no keywords of ours")
def test_marks_are_keywords_of_task_too():
    assert task(sign_in, sensitive=["pin"]).func.sensitive == ("pin",)
    for wrong, told in (
        (("pun",), "no parameter"),
        ("pin", "tuple of parameters"),
        ((), "name the parameters"),
    ):
        with pytest.raises(InvalidTask, match=told):
            task(sign_in, sensitive=wrong)


def test_a_stored_traceback_has_no_secret_nor_has_the_log(on, run_jobs, jobs, caplog):
    result = on(tasks.refuse_secret).enqueue("ada", SECRET, {"token": "tok-123456"})
    run_jobs()
    (error,) = jobs.get(id=result.id).errors
    assert "no such user ada" in error["traceback"]
    assert error["traceback"].count(HIDDEN) >= 2
    assert "hunter2" not in error["traceback"]
    assert "tok-123456" not in error["traceback"]
    (logged,) = [record for record in caplog.records if record.name == "django.tasks" and record.exc_info]
    assert logged.exc_info[0] is SensitiveError
    for text in (caplog.text, str(logged.exc_info[1])):
        assert "no such user ada" in text
        assert "hunter2" not in text
        assert "tok-123456" not in text
    assert on(tasks.refuse_secret).get_result(result.id).args[1] == SECRET


def test_a_retry_option_that_fails_shows_no_secret_either(on, run_jobs, jobs, caplog):
    on(tasks.refuse_secret_and_break).enqueue("open sesame")
    run_jobs()
    (entry,) = jobs.get().errors
    assert "no such delay" in entry["traceback"]
    assert "wrong: " in entry["traceback"]
    assert "open sesame" not in entry["traceback"]
    assert "open sesame" not in caplog.text


def test_an_error_that_repeats_nothing_sensitive_is_logged_as_it_is(on, run_jobs, caplog):
    on(tasks.refuse_secret).enqueue("ada", SECRET, {})
    run_jobs()
    (logged,) = [record for record in caplog.records if record.name == "django.tasks" and record.exc_info]
    assert logged.exc_info[0] is KeyError


def test_a_key_is_stored_without_the_secret_and_still_tells_apart(on, services, jobs):
    first, second, other = [
        on(tasks.per_secret).enqueue(secret) for secret in ("s-one-1", "s-one-1", "s-two-2")
    ]
    rows = [jobs.get(id=result.id) for result in (first, second, other)]
    assert [row.status for row in rows] == ["ready", "blocked", "ready"]
    assert {row.concurrency_key for row in rows} == {f"secret:{HIDDEN}"}
    assert set(Semaphore.objects.using(services.database.alias).values_list("key", flat=True)) == {
        f"secret:{HIDDEN}"
    }


def test_what_is_written_down_of_jobs_has_no_arguments(on, services, caplog, take):
    with caplog.at_level(logging.DEBUG, "dj_queue"):
        result = on(tasks.refuse_secret).enqueue("ada", "hunter2", {})
        (job,) = take()
    for written in (repr(result), repr(job), str(job), caplog.text):
        assert "hunter2" not in written
    assert str(job.id) in repr(result)
    assert str(job.id) in repr(job)
