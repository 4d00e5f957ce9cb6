"""What the environment may say, and how what cannot work is refused."""

import pytest

from dj_queue.contract import ConfigSourceError
from dj_queue_http_options.endpoint import COPIES, EVERY, TOKEN, URL, read_endpoint

GOOD = {URL: "https://config.example.com/queue/{alias}.json?key=hush"}


def test_without_an_address_there_is_no_source():
    assert read_endpoint("default", {}) is None
    assert read_endpoint("default", {URL: ""}) is None


def test_the_alias_stands_in_the_address():
    assert read_endpoint("a/b", GOOD).url == "https://config.example.com/queue/a%2Fb.json?key=hush"


def test_what_may_be_secret_is_not_shown(tmp_path):
    variables = {
        URL: "https://me:hush@config.example.com:8443/q?key=hush",
        TOKEN: "hush",
        COPIES: str(tmp_path),
    }
    endpoint = read_endpoint("default", variables)
    assert endpoint.place == "https://config.example.com:8443/q"
    assert endpoint.token == "hush"
    assert "hush" not in repr(endpoint)


def test_the_line_end_of_a_file_of_secrets_is_no_part_of_the_token():
    assert read_endpoint("default", {**GOOD, TOKEN: "hush\n"}).token == "hush"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({URL: "config.example.com/hush"}, f"{URL}: write a whole address"),
        ({URL: "file:///etc/hush"}, f"{URL}: write a whole address"),
        ({URL: "http://[hush"}, f"{URL}: write a whole address"),
        ({URL: "http://example.com:hush/"}, f"{URL}: write a whole address"),
        ({**GOOD, TOKEN: "hush hush"}, f"{TOKEN}: write letters"),
        ({**GOOD, TOKEN: "hüsh"}, f"{TOKEN}: write letters"),
        ({**GOOD, EVERY: "often"}, f"{EVERY}: 'often' is not allowed; write seconds"),
        ({**GOOD, EVERY: "0.5"}, f"{EVERY}: '0.5' is not allowed"),
        ({**GOOD, EVERY: "inf"}, f"{EVERY}: 'inf' is not allowed"),
        ({**GOOD, COPIES: "/no/such/folder"}, f"{COPIES}: '/no/such/folder' is no directory"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_its_variable(variables, words):
    with pytest.raises(ConfigSourceError, match="^" + words.replace("[", r"\[")) as refused:
        read_endpoint("default", variables)
    assert "hush" not in str(refused.value)
