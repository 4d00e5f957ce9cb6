"""One verdict on a value, whoever asks: what is accepted survives JSON, what is refused is named with its place."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.contract import PayloadError
from dj_queue.contract.payload import (
    NO_LIMIT,
    PayloadEncoder,
    check_payload,
    dump_payload,
    normalize,
    read_payload,
)
from dj_queue.contract.payload_fit import fits
from dj_queue.contract.payload_reader import read_plain
from tests.contract.payloads import ACCEPTED, ANYTHING, REFUSED, STORABLE

each_accepted = pytest.mark.parametrize(("value", "back"), ACCEPTED.values(), ids=ACCEPTED)
each_refused = pytest.mark.parametrize(("value", "path", "reason"), REFUSED.values(), ids=REFUSED)


def with_lists(value):
    """What JSON makes of tuples."""
    if isinstance(value, list | tuple):
        return [with_lists(item) for item in value]
    return {key: with_lists(item) for key, item in value.items()} if isinstance(value, dict) else value


def verdict(ask):
    try:
        return ask(), None
    except PayloadError as error:
        return None, str(error)


@given(value=STORABLE)
def test_storable_value_comes_back_equal_apart_from_tuples(value):
    text = dump_payload(value, "value")

    assert text.isascii()
    assert json.loads(text) == normalize(value) == with_lists(value)


@given(value=ANYTHING)
def test_all_who_ask_get_one_verdict_in_the_same_words(value):
    text, refusal = verdict(lambda: dump_payload(value, "value"))
    plain, normalized_refusal = verdict(lambda: normalize(value))
    both, read_refusal = verdict(lambda: read_payload(value, "value"))
    _nothing, check_refusal = verdict(lambda: check_payload(value, "value"))

    assert refusal == normalized_refusal == read_refusal == check_refusal
    if refusal is None:
        assert json.loads(text) == plain
        assert both == (text, plain)


@given(value=ANYTHING)
def test_quick_proof_says_yes_only_where_the_careful_reading_does(value):
    if fits(value, NO_LIMIT):
        assert read_plain(value, "value", NO_LIMIT) == normalize(value)


@given(value=STORABLE)
def test_what_is_plain_already_is_proved_without_the_careful_reading(value):
    assert fits(value, NO_LIMIT)


@given(value=STORABLE, cut=st.integers(-3, 3))
def test_limit_is_the_length_of_the_text_and_not_one_less(value, cut):
    length = len(dump_payload(value, "value"))
    limit = max(0, length + cut)

    text, refusal = verdict(lambda: dump_payload(value, "value", limit))
    both, read_refusal = verdict(lambda: read_payload(value, "value", limit))

    assert (refusal is None) == (read_refusal is None) == (length <= limit)
    assert refusal is not None or both.text == text


@given(value=ANYTHING, limit=st.integers(0, 60))
def test_limit_changes_no_verdict_but_that_on_the_size(value, limit):
    text, refusal = verdict(lambda: dump_payload(value, "value"))
    small, limited_refusal = verdict(lambda: dump_payload(value, "value", limit))

    if refusal is None and len(text) <= limit:
        assert small == text
    else:
        assert limited_refusal in (
            refusal,
            f"value: more than {limit} bytes of JSON; keep large data elsewhere and pass its id",
        )


@each_accepted
def test_accepted_value_comes_back_in_plain_types(value, back):
    plain = normalize(value)

    assert plain == back
    assert json.loads(dump_payload(value, "value")) == back
    assert all(type(part) in (dict, list, str, int, float, bool, type(None)) for part in parts(plain))


def parts(value):
    yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for item in inside:
        yield from parts(item)


@pytest.mark.fault(12)
@each_refused
def test_refused_value_is_named_with_its_place_and_reason(value, path, reason):
    _nothing, refusal = verdict(lambda: dump_payload(value, "args"))

    assert refusal.startswith(f"args{path}: {reason}")
    assert "\0" not in refusal
    assert refusal.isprintable()


@each_refused
def test_refusal_is_the_same_whoever_asks_and_whatever_the_limit(value, path, reason):
    words = {
        verdict(lambda: dump_payload(value, "value"))[1],
        verdict(lambda: dump_payload(value, "value", 2**20))[1],
        verdict(lambda: read_payload(value, "value"))[1],
        verdict(lambda: check_payload(value, "value"))[1],
        verdict(lambda: normalize(value))[1],
    }

    assert len(words) == 1
    assert not fits(value, NO_LIMIT)


def test_long_key_is_shown_short():
    _nothing, refusal = verdict(lambda: dump_payload({"k" * 10_000: {1}}, "kwargs"))

    assert refusal.startswith("kwargs['kkk")
    assert len(refusal) < 200


def test_keys_that_claim_to_differ_are_refused():
    class Sly(str):
        __slots__ = ()

        def __hash__(self):
            return id(self)

        def __eq__(self, other):
            return self is other

    _nothing, refusal = verdict(lambda: dump_payload({Sly("a"): 1, Sly("a"): 2}, "kwargs"))

    assert refusal == "kwargs: two keys have the text 'a'; keys must differ as text"


@pytest.mark.parametrize(
    "value", ["x" * 100_000, ["x"] * 100_000, {str(i): 1 for i in range(50_000)}, "é" * 50_000]
)
def test_size_counts_bytes_of_json(value):
    length = len(dump_payload(value, "args"))

    assert dump_payload(value, "args", length)
    with pytest.raises(PayloadError, match=rf"args: more than {length - 1} bytes of JSON"):
        dump_payload(value, "args", length - 1)


def test_empty_dict_has_a_text_and_a_copy_of_its_own():
    first, second = read_payload({}, "kwargs"), read_payload({}, "kwargs")

    assert first == second == ("{}", {})
    assert first.plain is not second.plain


@given(value=STORABLE)
def test_copy_shares_nothing_that_could_change(value):
    plain = read_payload(value, "value").plain

    changeable = {id(part) for part in parts(value) if isinstance(part, list | dict)}

    assert changeable.isdisjoint(id(part) for part in parts(plain))


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_no_float_is_written_as_an_integer_or_with_a_positive_exponent(number):
    text = dump_payload(number, "value")

    assert "e+" not in text
    assert "." in text or "e-" in text
    assert json.loads(text) == number
    assert math.copysign(1, json.loads(text)) == math.copysign(1, number)


@given(value=STORABLE)
def test_encoder_of_the_tables_writes_what_reads_back_equal(value):
    assert json.loads(json.dumps(value, cls=PayloadEncoder)) == with_lists(value)
