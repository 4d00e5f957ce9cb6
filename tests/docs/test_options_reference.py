"""The options reference has every option with its type, default and sentence, and no other."""

import ast
import dataclasses
import inspect
import re

import pytest

from dj_queue.config import options, recurring, sections
from tests.docs import pages

PAGE = pages.sections(pages.reference("options"))
SECTIONS = {
    "Of a backend alias": (options.Options, {**sections.TOP, **dict.fromkeys(sections.SECTIONS)}),
    "workers": (options.WorkerOptions, sections.WORKER),
    "dispatchers": (options.DispatcherOptions, sections.DISPATCHER),
    "scheduler": (options.SchedulerOptions, sections.SCHEDULER),
    "recurring": (options.RecurringOptions, recurring.ENTRY),
}
OPTIONS = [
    (heading, *[pages.plain(row[0]), *row[1:]]) for heading in SECTIONS for row in pages.rows(PAGE[heading])
]
each_option = pytest.mark.parametrize(
    ("heading", "name", "kind", "default", "meaning"), OPTIONS, ids=[f"{o[0]}.{o[1]}" for o in OPTIONS]
)

PART = "time_zone"
"""A part of the schedule, which is one field in the source."""
IN_WORDS = ("required", "the defaults below")
"""Defaults that another test holds."""
EXAMPLES = {
    "true or false": ([True, False], ["true", 1, None]),
    "seconds": ([0, 1.5], [-1, True, "1", None]),
    "seconds above 0": ([0.1, 60], [0, True, "1", None]),
    "seconds or none": ([0, 1.5, None], [-1, "1"]),
    "seconds above 0, or none": ([1.5, None], [0, "1"]),
    "name": (["queue"], ["", 1, None]),
    "name or none": (["queue", None], ["", 1]),
    "IANA name or none": (["Europe/Berlin", None], ["", 1]),
    "path or none": (["/run/queue.pid", None], ["", 1]),
    "text": (["", "for operators"], [1, None]),
    "queue name": (["email"], ["", "email*", 1]),
    "cron expression": (["0 3 * * *"], [1, None]),
    "dotted path of a task": (["shop.tasks.clean"], ["clean", "", 1, None]),
    "list of names": ([[], ["acme"]], ["acme", [1], None]),
    "list of parts of names": ([[], ["iban"]], ["iban", ["_"], None]),
    "list of names or none": ([[], ["acme"], None], ["acme", [1]]),
    "list of dotted paths": ([[], ["shop.queueing"]], ["shop.queueing", [1], None]),
    "list of JSON values": ([[], [1, "a"]], ["a", {"a": 1}, [float("nan")]]),
    "mapping": ([{}, {"acme": {"a": 1}}], [[], "acme", {1: 2}]),
    "mapping of names to JSON values": ([{}, {"a": [1]}], [[], {1: 2}, {"a": float("nan")}]),
    "selector or list of selectors": (["*", "email*, default", ["email", "*"]], ["", [], ["a*b"], 1]),
    "callable, dotted path of one, or none": ([print, "builtins.print", None], ["no.such.function", 1]),
}


def documented(cls):
    """The sentence under each field, from the source."""
    [tree] = ast.parse(inspect.getsource(cls)).body
    pairs = zip(tree.body, tree.body[1:], strict=False)
    return {
        field.target.id: text.value.value
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


def default_of(field):
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default
    return dict(value) if field.name == "recurring" else value


def spelled(value):
    """A default as the reference writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "none"
    if isinstance(value, float | int):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    if isinstance(value, tuple) and value:
        return "`" + ", ".join(map(str, value)) + "`"
    return "`[]`" if isinstance(value, tuple) else "`{}`"


def examples_of(kind):
    """Values that an option of this kind takes, and values that it refuses."""
    if kind in EXAMPLES:
        return EXAMPLES[kind]
    span = re.fullmatch(r"whole number, (-?\d+) to (\d+)", kind)
    if span:
        low, high = map(int, span.groups())
        return [low, high], [low - 1, high + 1, True, "1", 1.5]
    if kind == "whole number of at least 1":
        return [1, 10**9], [0, True, "1"]
    words = re.findall(r"`(\w+)`", kind)
    assert words, f"{kind!r} says no type that this test knows"
    return words, ["nonsense", None]


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_option_is_there_and_no_other(heading):
    _, table = SECTIONS[heading]

    assert sorted(option[1] for option in OPTIONS if option[0] == heading) == sorted(table)


@pytest.mark.parametrize("heading", SECTIONS)
def test_sentences_are_those_of_the_source(heading):
    sentences = documented(SECTIONS[heading][0])
    written = {option[1]: option[4] for option in OPTIONS if option[0] == heading and option[1] != PART}

    assert written == {name: sentences[name] for name in written}


@pytest.mark.parametrize("heading", SECTIONS)
def test_defaults_are_those_of_the_source(heading):
    fields = {field.name: field for field in dataclasses.fields(SECTIONS[heading][0])}
    written = {
        option[1]: option[3].split(",")[0]
        for option in OPTIONS
        if option[0] == heading and option[1] != PART and not option[3].endswith(IN_WORDS)
    }

    assert written == {name: spelled(default_of(fields[name])) for name in written}


def test_defaults_told_in_words_are_true():
    whole = options.Options()

    assert (whole.workers, whole.dispatchers) == ((options.WorkerOptions(),), (options.DispatcherOptions(),))
    assert whole.scheduler == options.SchedulerOptions()
    required = [option[1] for option in OPTIONS if option[3] == "required"]
    assert sorted(required) == sorted(recurring.REQUIRED)


@each_option
def test_type_is_what_the_option_takes_and_nothing_else(heading, name, kind, default, meaning):
    reader = SECTIONS[heading][1][name]
    if reader is None:
        assert f"](#{name})" in kind or f"(#{name}" in kind
        return
    taken, refused = examples_of(kind)
    for value in taken:
        reader(value)
    for value in refused:
        with pytest.raises(ValueError):
            reader(value)


def test_sensitive_keys_below_the_table_are_those_of_the_source():
    (sentence,) = re.findall(r"Sensitive are.*?:", PAGE["Of a backend alias"], flags=re.DOTALL)

    assert tuple(re.findall(r"`(\w+)`", sentence)) == options.SENSITIVE_KEYS
