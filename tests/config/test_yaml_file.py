"""A YAML file is plain data: whatever else it tries is refused with the line, and runs nothing."""

import logging
import os
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.config.yaml_file import MAX_BYTES, read_yaml
from dj_queue.contract import ConfigSourceError

PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.fixture
def refusal(tmp_path):
    """`refusal(text)`: what is said of a file with this content, without its path."""

    def read(content):
        path = tmp_path / "queue.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ConfigSourceError) as refused:
            read_yaml(str(path))
        assert str(refused.value).startswith(str(path))
        return str(refused.value).removeprefix(str(path))

    return read


def read_text(tmp_path, text):
    path = tmp_path / "queue.yml"
    path.write_text(text)
    return read_yaml(str(path))


def test_mapping_is_read_with_plain_values(tmp_path):
    text = "\ufeffmode: async\nworkers:\n- {threads: 3, polling_interval: .5}\npreserve_finished_jobs: no\n"

    assert read_text(tmp_path, text) == {
        "mode": "async",
        "workers": [{"threads": 3, "polling_interval": 0.5}],
        "preserve_finished_jobs": False,
    }


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "null"])
def test_empty_file_holds_no_options(tmp_path, text):
    assert read_text(tmp_path, text) == {}


@given(content=st.dictionaries(st.text(max_size=4), PLAIN, max_size=4))
def test_what_a_safe_dump_writes_is_read_back(tmp_path_factory, content):
    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data):
            return True

    path = tmp_path_factory.getbasetemp() / "dumped.yml"
    path.write_text(yaml.dump(content, Dumper=NoAliases), encoding="utf-8")

    assert read_yaml(str(path)) == content


@given(
    content=st.one_of(
        st.binary(max_size=40), st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_a_mapping_or_an_error_that_names_the_file(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(content)

    try:
        assert isinstance(read_yaml(str(path)), dict)
    except ConfigSourceError as error:
        assert str(error).startswith(str(path))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("mode: fork\nmode: async\n", 2, "the key 'mode' stands twice"),
        ("workers:\n- threads: 1\n  threads: 2\n", 3, "the key 'threads' stands twice"),
        ("a: &x 1\nb: *x\n", 1, "anchors and aliases are not allowed"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases are not allowed"),
        ("base: {}\nb:\n  <<: {a: 1}\n", 3, "merge"),
        (BOMB, 1, "anchors and aliases are not allowed"),
        ("a: 1\nb: !!python/object/apply:os.system ['exit 1']\n", 2, "the tag"),
        ("a: !!python/object:subprocess.Popen {}\n", 1, "the tag"),
        ("a: !!binary aGk=\n", 1, "the tag"),
        ("a: !local x\n", 1, "the tag !local is not allowed"),
        ("!!map {a: 1}\n", 1, "the tag"),
        ("a: 1\n2: b\n", 2, "the key 2 is not a string"),
        ("yes: 1\n", 1, "the key True is not a string"),
        ("a: 1\n? [x]\n: 1\n", 2, "the key ['x'] is not a string"),
        ("a: {x: 1, ~: 2}\n", 1, "the key None is not a string"),
        ("a:\n  b\n c: 1\n", 3, "mapping values are not allowed here"),
        ("a: 'open\n", 2, "unexpected end of stream"),
        ("a: [1, 2\n", 2, "expected ',' or ']'"),
        ("\ta: 1\n", 1, "cannot start any token"),
        ("a: 1\n---\nb: 2\n", 2, "expected a single document in the stream, but found another document"),
        (f"a: {'[' * 40}{']' * 40}\n", 1, "deeper than 30 levels"),
        ("a: " + "[" * 100_000, 1, "deeper than 30 levels"),
        ("\n".join("  " * i + f"a{i}:" for i in range(40)), 30, "deeper than 30 levels"),
        (f"a: 1\nb: {'9' * 5000}\n", 2, "Exceeds the limit"),
        ("a: 2026-13-45\n", 1, "month must be in 1..12"),
        ("a: 0b_\n", 1, "invalid literal for int()"),
    ],
)
def test_mistake_is_named_with_its_line(refusal, text, line, words):
    said = refusal(text)

    assert said.startswith(f", line {line}: ")
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(("text", "kind"), [("- a\n", "list"), ("just text\n", "str"), ("42\n", "int")])
def test_file_that_holds_no_mapping_is_refused(refusal, text, kind):
    assert refusal(text) == f": it holds {kind}; write one mapping of option names to values"


def test_object_tags_run_nothing(refusal, tmp_path):
    mark = tmp_path / "ran"
    before = set(sys.modules)

    refusal(f"a: !!python/object/apply:os.mkdir ['{mark}']\n")
    refusal("a: !!python/name:antigravity.fly ''\n")

    assert not mark.exists()
    assert "antigravity" not in set(sys.modules) - before


def test_bytes_that_are_not_utf8_are_named_with_their_place(refusal):
    assert refusal(b"mode: \xff\xfe") == ": it is not UTF-8: byte 6 is 0xff"


def test_control_characters_are_refused(refusal):
    assert "special characters are not allowed" in refusal("a: \0")


def test_file_of_50_megabytes_is_refused_and_not_read(tmp_path):
    path = tmp_path / "large.yml"
    path.touch()
    os.truncate(path, 50 * 1024 * 1024)

    with pytest.raises(ConfigSourceError, match=f"it is larger than {MAX_BYTES} bytes"):
        read_yaml(str(path))


def test_device_without_end_is_refused():
    with pytest.raises(ConfigSourceError, match=f"/dev/zero: it is larger than {MAX_BYTES} bytes"):
        read_yaml("/dev/zero")


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigSourceError, match=r"absent.yml: it cannot be read: No such file or directory"):
        read_yaml(str(tmp_path / "absent.yml"))


def test_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigSourceError, match="it cannot be read: Is a directory"):
        read_yaml(str(tmp_path))


@pytest.mark.parametrize(("mode", "warned"), [(0o646, True), (0o664, False)])
def test_file_that_anyone_may_write_is_warned_of(tmp_path, caplog, mode, warned):
    path = tmp_path / "queue.yml"
    path.write_text("mode: async")
    path.chmod(mode)

    with caplog.at_level(logging.WARNING, "dj_queue.config"):
        assert read_yaml(str(path)) == {"mode": "async"}

    assert (f"{path} can be written by every user of this host" in caplog.messages) is warned
