"""One key for one database, whichever way a process came to it."""

from dataclasses import replace

import pytest
from django.db import connections

from dj_queue.contract import DatabaseInfo
from dj_queue.portable.same_host.identity import DIGITS, key_of, place_of

SERVER = DatabaseInfo("default", "acme", "acme.backend")
SHOP = ("db.example.org", "5432", "shop")


def key(database, place, audience="workers"):
    return key_of(database, place, audience)


@pytest.mark.parametrize(
    "other",
    [
        ("db2.example.org", "5432", "shop"),
        ("db.example.org", "5433", "shop"),
        ("db.example.org", "5432", "shop2"),
        ("db.example.org", "543", "2shop"),
        ("", "5432", "shop"),
        ("", "", ""),
        ("", "", "\0"),
        ("", "", "x" * 5000),
    ],
)
def test_another_place_has_another_key(other):
    assert key(SERVER, SHOP) == key(replace(SERVER, alias="other"), SHOP)
    assert key(SERVER, SHOP) != key(SERVER, other)
    assert len(key(SERVER, other)) == DIGITS


def test_another_audience_has_another_key():
    assert key(SERVER, SHOP) != key(SERVER, SHOP, "dispatchers")


def test_another_kind_of_server_has_another_key():
    assert key(SERVER, SHOP) != key(replace(SERVER, vendor="other"), SHOP)


def test_a_file_is_the_same_by_every_path_to_it(tmp_path, monkeypatch):
    (tmp_path / "shop.db").touch()
    (tmp_path / "link.db").symlink_to("shop.db")
    monkeypatch.chdir(tmp_path)
    keys = {key(SERVER, ("", "", str(name))) for name in ("shop.db", "link.db", tmp_path / "shop.db")}
    assert len(keys) == 1
    assert key(SERVER, ("", "", "other.db")) not in keys


def test_the_name_of_a_server_s_database_has_nothing_to_do_with_folders(tmp_path, monkeypatch):
    before = key(SERVER, ("", "", "shop"))
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    assert key(SERVER, ("", "", "shop")) == before


def test_the_place_is_the_one_of_now(database, monkeypatch):
    before = place_of(database)
    monkeypatch.setitem(connections[database.alias].settings_dict, "NAME", "test_shop")
    assert place_of(database) == (*before[:2], "test_shop")
