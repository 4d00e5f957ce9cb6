"""Options from an answer, and from the copy of one."""

import threading
import traceback

import pytest

from dj_queue.contract import ConfigSourceError, Invocation
from dj_queue_http_options import fetch, source
from dj_queue_http_options.endpoint import COPIES, EVERY, TOKEN, URL
from dj_queue_http_options.plugin import dj_queue_config_source


@pytest.fixture
def ask(environment):
    """`ask(**variables)`: the layer that the plugin gives."""
    return lambda **variables: dj_queue_config_source(
        "default", Invocation(environment={**environment, **variables})
    )


@pytest.fixture
def copies(tmp_path):
    return {COPIES: str(tmp_path)}


def restart(monkeypatch):
    monkeypatch.setattr(source, "_started", set())


def test_an_answer_is_a_layer_that_wants_to_be_asked_for_again(site, ask):
    site.says('{"workers": [{"threads": 8}]}')
    layer = ask(**{EVERY: "5", TOKEN: "hush"})
    assert layer.values == {"workers": [{"threads": 8}]}
    assert (layer.rank, layer.ask_again_after) == (25, 5)
    assert layer.name == layer.prefix == site.url.replace("{alias}", "default")
    assert site.asked == [("/queue/default.json", "Bearer hush")]


def test_no_variable_means_no_layer():
    assert dj_queue_config_source("default", Invocation()) is None


def test_the_token_is_sent_to_no_other_place(site, ask):
    site.says("", status=302, Location=site.url)
    with pytest.raises(ConfigSourceError, match="it answers 302 Found, not 200 OK"):
        ask(**{TOKEN: "hush"})
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("[]", "write a JSON object of options, not list"),
        ("{", "this is no JSON: "),
        (b'{"\xff": 1}', "it cannot be read: UnicodeDecodeError"),
        ("x" * (fetch.MOST_BYTES + 1), f"its answer has more than {fetch.MOST_BYTES} bytes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_nonsense_is_refused_with_its_address(site, ask, answer, words):
    site.says(answer)
    with pytest.raises(
        ConfigSourceError, match=f"^http://127.0.0.1:{site.server_port}/queue/default.json: {words}"
    ):
        ask()


def test_an_answer_that_drips_is_not_waited_for(site, ask, monkeypatch):
    monkeypatch.setattr(fetch, "LIMIT", 0.5)
    over = threading.Event()

    def drips():
        while not over.wait(0.05):
            yield b" "

    site.answer = (200, {}, drips())
    try:
        with pytest.raises(ConfigSourceError, match=r"its answer takes more than 0\.5 seconds"):
            ask()
    finally:
        over.set()


def test_no_secret_is_in_an_error_or_in_what_it_comes_from(site, ask, environment):
    secret = "-".join(["open", "sesame"])  # in one piece it would stand in the lines of the traceback
    environment[URL] = f"{site.url}?key={secret}"
    site.goes_away()
    with pytest.raises(ConfigSourceError) as refused:
        ask(**{TOKEN: secret})
    assert secret not in "".join(traceback.format_exception(refused.value))


def test_a_netrc_file_does_not_take_the_place_of_the_token(site, ask, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    ask(**{TOKEN: "hush"})
    assert site.asked == [("/queue/default.json", "Bearer hush")]


def test_a_start_without_the_endpoint_goes_on_with_the_copy(site, ask, copies, caplog, tmp_path, monkeypatch):
    site.says('{"max_lost_attempts": 7}')
    ask(**copies)
    restart(monkeypatch)
    site.says("", status=503)
    layer = ask(**copies)
    assert layer.values == {"max_lost_attempts": 7}
    assert layer.prefix == str(tmp_path / "dj_queue-default.json")
    assert layer.ask_again_after is not None
    assert "it answers 503 Service Unavailable, not 200 OK; going on with the copy" in caplog.text
    with pytest.raises(ConfigSourceError, match="503"):
        ask(**copies)


def test_a_copy_that_cannot_be_read_is_said_beside_the_reason(site, ask, copies, tmp_path):
    (tmp_path / "dj_queue-default.json").write_bytes(b'"\xff"')
    site.says("", status=503)
    with pytest.raises(ConfigSourceError, match=r"503 .*; its copy .*dj_queue-default\.json cannot be read"):
        ask(**copies)


def test_an_endpoint_that_is_away_stops_a_start_without_copy(site, ask, copies):
    site.says("", status=503)
    with pytest.raises(ConfigSourceError, match="503"):
        ask(**copies)


def test_while_the_queue_runs_the_copy_is_not_asked(site, ask, copies):
    ask(**copies)
    site.says("", status=503)
    with pytest.raises(ConfigSourceError, match="503"):
        ask(**copies)


def test_wrong_answers_are_not_kept(site, ask, copies, monkeypatch):
    site.says('{"max_lost_attempts": 7}')
    ask(**copies)
    site.says("{")
    with pytest.raises(ConfigSourceError):
        ask(**copies)
    restart(monkeypatch)
    site.says("", status=503)
    assert ask(**copies).values == {"max_lost_attempts": 7}


def test_a_copy_that_cannot_be_written_is_told_and_no_more(site, ask, tmp_path, caplog):
    (tmp_path / "dj_queue-default.json").mkdir()
    site.says('{"max_lost_attempts": 7}')
    assert ask(**{COPIES: str(tmp_path)}).values == {"max_lost_attempts": 7}
    assert "could not be kept" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["dj_queue-default.json"]
