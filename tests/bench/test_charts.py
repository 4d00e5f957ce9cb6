"""The charts are drawings that show the figures they were given."""

from xml.etree import ElementTree

import pytest

from bench.charts import Chart, draw

SVG = "{http://www.w3.org/2000/svg}"


def chart(values, series=("threads", "asyncio"), title="Drain"):
    return Chart(title, "jobs/s", 0, series, values)


def drawn(values, **changes):
    return ElementTree.fromstring(draw(chart(values, **changes)))


def bars(svg):
    return [float(bar.get("width")) for bar in svg.iter(f"{SVG}rect") if bar.get("height") == "16"]


def texts(svg):
    return [text.text for text in svg.iter(f"{SVG}text")]


def test_bars_are_as_long_as_their_figures():
    one, two, four = bars(drawn({"SQLite": [100.0, 200.0], "PostgreSQL": [400.0, None]}))

    assert two == pytest.approx(2 * one, rel=0.01)
    assert four == pytest.approx(4 * one, rel=0.01)


def test_everything_is_labelled():
    shown = texts(drawn({"SQLite": [1234.0, 200.0], "PostgreSQL": [400.0, None]}))

    assert {"Drain, jobs/s", "SQLite", "PostgreSQL", "threads", "asyncio", "1,234", "400", "none"} <= set(
        shown
    )


def test_everything_is_inside():
    svg = drawn({f"database {number}": [1.0, 2.0] for number in range(9)})
    height, width = float(svg.get("height")), float(svg.get("width"))

    for bar in svg.iter(f"{SVG}rect"):
        assert float(bar.get("x")) + float(bar.get("width")) <= width
        assert float(bar.get("y")) + float(bar.get("height")) <= height


def test_names_are_no_markup():
    assert "<b> & co" in texts(drawn({"<b> & co": [1.0]}, series=("one",)))


def test_dark_and_light_schemes_are_followed():
    text = draw(chart({"SQLite": [1.0, 2.0]}))

    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("values", [{}, {"SQLite": [None, None]}, {"SQLite": [0.0, 0.0]}])
def test_nothing_is_not_drawn(values):
    with pytest.raises(ValueError, match="nothing to draw"):
        drawn(values)


def test_more_series_than_colours_are_refused():
    with pytest.raises(ValueError, match="5 series"):
        drawn({"SQLite": [1.0] * 5}, series=tuple("abcde"))
