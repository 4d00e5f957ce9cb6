"""The task class: built, copied and changed as others do it, keeping per-task options."""

import copy
import pickle
import re
from dataclasses import fields, replace

import django
import pytest
from django.tasks import Task, task, task_backends
from django.tasks.exceptions import InvalidTask
from django.test import override_settings

from dj_queue.api import concurrency, on_crash, retry, sensitive
from dj_queue.config.options import Options
from dj_queue.contract import Status
from dj_queue.exceptions import DispatchPolicyError
from dj_queue.operations import policy
from dj_queue.task import DjQueueTask
from tests.project.tasks import add

takes_keywords = pytest.mark.skipif(django.VERSION < (6, 1), reason="Django 6.0 takes no keywords of ours")

SAME = {"key": "account:{account}", "limit": 2, "duration": 30.0, "on_conflict": "discard"}
OFTEN = {"max_attempts": 4, "backoff": 0.5, "jitter": 0.0, "give_up_on": (KeyError,)}


def plain(account):
    return account


@task(**({"concurrency": SAME, "on_crash": "fail"} if django.VERSION >= (6, 1) else {}))
def limited(account):
    return account


def documented(account):
    """Says what it does."""
    return account


def optioned(func):
    """What the options come to, read where enqueueing and running read them."""
    made = DjQueueTask(func=func, priority=0, backend="default", queue_name="default", run_after=None)
    key = policy.concurrency_of(made, ["a"], {}, "default", Options())
    return key, policy.retry_policy(made), policy.on_crash(made)


def fresh():
    """A module-level function without options of its own."""

    def plain(account):
        return account

    plain.__qualname__ = "plain"
    return plain


def test_a_task_on_the_backend_is_of_its_class():
    assert type(add) is task_backends["default"].task_class is DjQueueTask


def test_tasks_built_from_the_backends_class_work():
    # as packages do that wrap functions at run time
    built = task_backends["default"].task_class(
        priority=10,
        func=plain,
        queue_name="default",
        backend="default",
        takes_context=False,
        run_after=None,
    )
    assert isinstance(built, Task)
    assert (built.name, built.module_path, built.priority) == ("plain", "tests.test_task.plain", 10)
    assert built.call("a") == "a"


def test_subclasses_of_the_task_class_work():
    from dataclasses import dataclass

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Labelled(DjQueueTask):
        label: str = ""

    made = Labelled(
        func=plain, label="x", priority=0, backend="default", queue_name="default", run_after=None
    )
    assert made.using(priority=5).label == "x"


@pytest.mark.parametrize("change", [{"priority": 5}, {"queue_name": "email"}, {"backend": "portable"}])
def test_using_changes_what_it_names_and_nothing_else(change):
    changed = add.using(**change)
    assert type(changed) is DjQueueTask
    for field in fields(add):
        assert getattr(changed, field.name) == change.get(field.name, getattr(add, field.name))


def test_tasks_are_hashed_compared_and_copied():
    same = replace(add)
    assert same == add
    assert len({add, same, add.using(priority=1)}) == 2
    assert copy.copy(add) == add


@pytest.mark.skipif(django.VERSION < (6, 1), reason="tasks of Django 6.0 cannot be pickled")
def test_tasks_are_pickled_with_what_using_changed():
    changed = add.using(priority=7, queue_name="email")
    assert pickle.loads(pickle.dumps(changed)) == changed
    assert copy.deepcopy(changed) == changed


def test_decorators_stand_above_or_below_task():
    below = on_crash("fail")(retry(**OFTEN)(concurrency(**SAME)(fresh())))
    above = fresh()
    on_crash("fail")(retry(**OFTEN)(concurrency(**SAME)(task(above))))
    assert optioned(above) == optioned(below)
    key, again, crash = optioned(below)
    assert (key.key, key.limit, key.duration, key.on_conflict) == ("account:a", 2, 30.0, "discard")
    assert (again.max_attempts, again.give_up_on, crash) == (4, (KeyError,), "fail")


def test_decorators_leave_function_and_task_what_they_are():
    decorated = retry(max_attempts=2)(documented)
    assert decorated is documented
    made = task(documented)
    assert on_crash("fail")(made) is made


def test_function_attributes_of_the_first_release_work(on, jobs):
    func = fresh()
    func.concurrency_key = "account:{account}"
    func.concurrency_limit = 1
    func.concurrency_duration = 60
    func.on_conflict = "block"
    made = on(task(func))
    first, second = made.enqueue("a"), made.enqueue("a")
    other = made.enqueue("b")
    statuses = [jobs.get(id=result.id).status for result in (first, second, other)]
    assert statuses == [Status.READY, Status.BLOCKED, Status.READY]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("concurrency_key", "{no_such_argument}"),
        ("concurrency_key", 5),
        ("concurrency_limit", 0),
        ("concurrency_duration", "long"),
        ("on_conflict", "explode"),
        ("on_crash", "explode"),
    ],
)
def test_function_attributes_that_mean_nothing_are_refused_at_the_enqueue(on, jobs, attribute, value):
    func = fresh()
    func.concurrency_key = "account:{account}"
    setattr(func, attribute, value)
    if value == 5:
        func.concurrency_key = lambda account: 5
    with pytest.raises(InvalidTask, match=attribute):
        on(task(func)).enqueue("a")
    assert jobs.count() == 0


@takes_keywords
def test_keywords_of_task_are_the_decorators():
    by_keyword, by_decorator = fresh(), fresh()
    task(by_keyword, concurrency=SAME, retry=OFTEN, on_crash="fail")
    on_crash("fail")(retry(**OFTEN)(concurrency(**SAME)(task(by_decorator))))
    assert optioned(by_keyword) == optioned(by_decorator)


@takes_keywords
def test_keywords_stay_through_using():
    made = task(fresh(), concurrency=SAME, retry=OFTEN, on_crash="fail")
    for changed in (made.using(priority=5), made.using(queue_name="email").using(backend="portable")):
        assert (changed.concurrency, changed.retry, changed.on_crash) == (SAME, OFTEN, "fail")
    assert hash(made) == hash(replace(made))


@takes_keywords
def test_keywords_stay_through_pickles_and_copies():
    for again in (pickle.loads(pickle.dumps(limited)), copy.copy(limited), copy.deepcopy(limited)):
        assert again == limited
        assert (again.concurrency, again.on_crash) == (SAME, "fail")


@takes_keywords
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"retry": {"max_attempt": 3}}, "max_attempts"),
        ({"retry": {}}, "max_attempts"),
        ({"retry": 3}, "mapping with max_attempts"),
        ({"retry": {"max_attempts": 0}}, "at least 1"),
        ({"concurrency": {"limit": 1}}, "key"),
        ({"concurrency": "account"}, "mapping with key"),
        ({"concurrency": {"key": "a", "limit": True}}, "whole number"),
        ({"concurrency": {"key": "a", "on_conflict": "explode"}}, "block, discard"),
        ({"on_crash": "explode"}, "retry, fail"),
    ],
    ids=str,
)
def test_wrong_options_are_refused_where_the_task_is_defined(options, told):
    with pytest.raises(InvalidTask, match=told):
        task(fresh(), **options)


@pytest.mark.parametrize("target", [fresh, lambda: add], ids=["function", "task"])
@pytest.mark.parametrize(
    ("option", "use"),
    [
        (concurrency, '@concurrency: say for which jobs, @concurrency(key="account:{account_id}")'),
        (retry, "@retry: say how often, @retry(max_attempts=3)"),
        (on_crash, '@on_crash: say what becomes of the job, @on_crash("fail")'),
        (sensitive, '@sensitive: name the parameters, @sensitive("pin")'),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_option_without_parentheses_is_refused_with_what_to_write(option, use, target):
    with pytest.raises(DispatchPolicyError, match=f"^{re.escape(use)}$"):
        option(target())


def invoice(number, *lines, note="", **others): ...


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            "invoice:{numbr}",
            "invoice has no parameter 'numbr'; its parameters are number, lines, note, others",
        ),
        ("{number}:{nothing.name}", "no parameter 'nothing'"),
        ("{nothing[0].name!r}", "no parameter 'nothing'"),
        ("{number:>{width}}", "no parameter 'width'"),
        ("{0}", "no parameter '0'"),
        ("{}", "no parameter ''"),
        ("{number", "expected '}'"),
        ("number}", "Single '}'"),
    ],
)
def test_a_key_that_no_arguments_can_fill_is_refused_where_the_task_is_defined(key, told):
    for target in (invoice, task(invoice)):
        with pytest.raises(DispatchPolicyError, match=re.escape(told)) as refused:
            concurrency(key=key)(target)
        assert str(refused.value).startswith(f"concurrency(key={key!r}): ")
    assert not hasattr(invoice, "concurrency_key")


@pytest.mark.parametrize(
    "key",
    [
        "fixed",
        "{{}}",
        "{number}:{number.real!r:>8}",
        "{lines[0]}",
        "{others[customer]:{note}}",
        lambda *args, **kwargs: "",
    ],
)
def test_a_key_may_take_any_parameter_its_attributes_and_items(key):
    def fresh(number, *lines, note="", **others): ...

    assert concurrency(key=key)(fresh).concurrency_key == key


@takes_keywords
def test_a_keyword_that_is_no_option_is_refused_by_its_name():
    with pytest.raises(TypeError, match="retries"):
        task(fresh(), retries=3)


def test_tasks_of_other_backends_keep_djangos_class():
    with override_settings(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}):
        assert type(task(fresh())) is Task
