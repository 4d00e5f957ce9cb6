"""The commands reference has every command with its arguments, and no other; every line shown elsewhere can be typed."""

import argparse
import re
import shlex

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class

from tests.docs import pages

COMMANDS = sorted(name for name, app in get_commands().items() if app == "dj_queue")
PAGE = pages.sections(pages.reference("commands"))
COMMON = {
    option
    for action in BaseCommand().create_parser("manage.py", "none")._actions
    for option in action.option_strings
}
LINES = [
    (page, line)
    for page in pages.PAGES
    for line in re.findall(r"manage\.py ([a-z_]+[^`\n]*)", pages.read(page).replace('", "', " "))
]


def parser_of(name):
    return load_command_class("dj_queue", name).create_parser("manage.py", name)


def arguments_of(name):
    """Each argument of the command's own as the reference writes it, with its help."""
    found = {}
    for action in parser_of(name)._actions:
        if set(action.option_strings) & COMMON:
            continue
        found[spelled(action)] = action.help
    return found


def spelled(action):
    if not action.option_strings:
        return "|".join(action.choices)
    word = action.option_strings[-1]
    if action.nargs == 0:
        return word
    values = "|".join(map(str, action.choices)) if action.choices else None
    return f"{word} {action.metavar or values or action.dest.upper()}"


def test_every_command_is_there_and_no_other():
    assert sorted(PAGE) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_arguments_are_those_of_the_parser_in_its_own_words(name):
    written = {pages.plain(row[0]).replace("\\|", "|"): row[1] for row in pages.rows(PAGE[name])}

    assert written == arguments_of(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_reference_begins_with_what_the_command_says_of_itself(name):
    assert " ".join(load_command_class("dj_queue", name).help.split()) in " ".join(PAGE[name].split())


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_the_help_can_be_typed(name):
    examples = re.findall(r"^  manage\.py (\S+) ?(.*?)  ", parser_of(name).format_help(), flags=re.MULTILINE)

    assert examples
    for command, arguments in examples:
        assert command == name
        parser_of(name).parse_args(shlex.split(arguments))


@pytest.mark.parametrize(
    ("page", "line"), LINES, ids=[f"{pages.name_of(page)}: {line}" for page, line in LINES]
)
def test_line_can_be_typed(page, line, monkeypatch):
    words = shlex.split(re.split(r" #| <|[\]\"]", line)[0])
    command = get_commands().get(words[0])
    assert command is not None, f"there is no command {words[0]}"
    parser = load_command_class(command, words[0]).create_parser("manage.py", words[0])
    monkeypatch.setattr(argparse.ArgumentParser, "error", _refuse)
    for action in parser._actions:
        if action.dest == "database":
            action.choices = None  # a page may name databases of its own

    parser.parse_args([word.rstrip(".,:;") for word in words[1:]])


def _refuse(self, message):
    raise AssertionError(message)
