"""Readers take what is right as it is and say of anything else what would be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.config import readers
from dj_queue.contract import Selector

ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=3),
        st.just(10**400),
        st.just("tests.project.tasks.add"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=3,
)
EACH = {
    "whole": readers.whole(1, 1000),
    "seconds": readers.seconds,
    "seconds_or_zero": readers.seconds_or_zero,
    "flag": readers.flag,
    "text": readers.text,
    "name": readers.name,
    "absolute_path": readers.absolute_path,
    "one_of": readers.one_of("fork", "async"),
    "or_none": readers.or_none(readers.name),
    "names": readers.names,
    "mapping": readers.mapping,
    "selectors": readers.selectors,
    "function": readers.function,
    "queue_name": readers.queue_name,
    "task_path": readers.task_path,
}


def refusal(reader, value):
    with pytest.raises(ValueError) as refused:
        reader(value)
    return str(refused.value)


@pytest.mark.parametrize("name", EACH)
@given(value=ANYTHING)
def test_any_value_is_read_or_refused_in_words(name, value):
    try:
        EACH[name](value)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("value", [1, 500, 1000])
def test_whole_number_in_range_is_read(value):
    assert readers.whole(1, 1000)(value) == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 is not allowed; use a whole number from 1 to 1000"),
        (1001, "use a whole number from 1 to 1000"),
        (True, "True is not a whole number"),
        (2.0, "2.0 is not a whole number"),
        ("2", "'2' is not a whole number"),
    ],
)
def test_anything_else_is_no_whole_number(value, words):
    assert words in refusal(readers.whole(1, 1000), value)


def test_whole_number_without_an_upper_limit_is_one_that_a_column_holds():
    assert readers.whole(1)(2**31 - 1) == 2**31 - 1
    assert refusal(readers.whole(1), 2**31) == f"{2**31} is not allowed; use a whole number of at least 1"


@pytest.mark.parametrize("value", [0.001, 1, 86400.5])
def test_seconds_are_read_as_a_float(value):
    assert readers.seconds(value) == value
    assert type(readers.seconds(value)) is float


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 10**400, 10**9])
def test_seconds_that_no_clock_counts_are_refused(value):
    assert "use seconds" in refusal(readers.seconds, value)
    assert "use seconds" in refusal(readers.seconds_or_zero, value)


def test_zero_seconds_are_allowed_only_where_they_mean_something():
    assert readers.seconds_or_zero(0) == 0.0
    assert "use seconds above 0" in refusal(readers.seconds, 0)


@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_seconds_are_numbers(value):
    assert refusal(readers.seconds, value) == f"{value!r} is not a number of seconds"


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_flag_is_true_or_false(value):
    assert readers.flag(True) is True
    assert refusal(readers.flag, value) == f"{value!r} is neither True nor False"


def test_path_is_the_same_wherever_a_process_starts():
    assert readers.absolute_path("/run/shop") == "/run/shop"
    assert refusal(readers.absolute_path, "run/shop") == (
        "'run/shop' is not an absolute path, such as '/run/shop'"
    )
    assert refusal(readers.absolute_path, "") == "the text is empty"


def test_word_out_of_a_few():
    assert readers.one_of("fork", "async")("async") == "async"
    assert (
        refusal(readers.one_of("fork", "async"), "Fork")
        == "'Fork' is not allowed; use one of 'fork', 'async'"
    )
    assert "[] is not allowed" in refusal(readers.one_of("fork"), [])


def test_list_of_names_says_which_item_is_wrong():
    assert readers.names(["a", "b"]) == readers.names(("a", "b")) == ("a", "b")
    assert refusal(readers.names, ["a", 3]) == "item 1: 3 is not a string"
    assert refusal(readers.names, ["a", ""]) == "item 1: the text is empty"
    assert refusal(readers.names, "a") == "'a' is not a list of names"


def test_mapping_has_keys_of_text():
    assert readers.mapping({"a": 1}) == {"a": 1}
    assert refusal(readers.mapping, {1: 1}) == "the key 1 is not a string"
    assert refusal(readers.mapping, [("a", 1)]) == "[('a', 1)] is not a mapping"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("*", ["*"]),
        ("email, reports*", ["email", "reports*"]),
        (["email", "*"], ["email", "*"]),
        (("email",), ["email"]),
    ],
)
def test_selectors_are_one_text_or_a_list_in_their_order(value, found):
    assert list(map(str, readers.selectors(value))) == found
    assert all(isinstance(selector, Selector) for selector in readers.selectors(value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "[] is not a queue selector or a list of them; use '*', 'email*' or ['email', '*']"),
        (None, "None is not a queue selector"),
        ({"a": 1}, "is not a queue selector"),
        ("", "item 0: a queue selector is empty"),
        ("a,,b", "item 1: a queue selector is empty"),
        (["a", "b*c"], "item 1: the queue selector 'b*c' has '*' before its end"),
        (["a", 1], "item 1: 1 is not a string"),
        (["a\0"], "item 0: the queue name 'a\\x00' has control characters"),
        (["x" * 129], "item 0: the queue name"),
    ],
)
def test_selector_that_picks_no_queue_is_refused_with_its_place_in_the_list(value, words):
    assert words in refusal(readers.selectors, value)


def test_function_is_a_callable_or_its_path():
    assert readers.function(print) is print
    assert readers.function("builtins.print") is print


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no_such_module.f", "'no_such_module.f' cannot be imported: No module named 'no_such_module'"),
        ("builtins.nothing", "cannot be imported"),
        ("nodots", "cannot be imported"),
        ("os.sep", "is neither callable nor the dotted path of a callable"),
        (3, "3 is neither callable"),
    ],
)
def test_path_that_leads_to_no_function_is_refused(value, words):
    assert words in refusal(readers.function, value)


def test_module_that_fails_on_import_is_refused_and_not_raised(tmp_path, monkeypatch):
    (tmp_path / "breaks_on_import.py").write_text("raise RuntimeError('not today')")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert refusal(readers.function, "breaks_on_import.f") == (
        "'breaks_on_import.f' cannot be imported: not today"
    )


@pytest.mark.parametrize("value", ["tasks.add", "myapp.tasks.Übung", "a" * 253 + ".b"])
def test_task_path_is_dotted_names(value):
    assert readers.task_path(value) == value


@pytest.mark.parametrize(
    "value", ["add", "", ".add", "tasks.", "a..b", "os.system('x')", "a.b c", "a" * 254 + ".b", "a.\0"]
)
def test_path_that_no_task_can_have_is_refused(value):
    assert "is not the dotted path of a task, such as 'myapp.tasks.cleanup'" in refusal(
        readers.task_path, value
    )
