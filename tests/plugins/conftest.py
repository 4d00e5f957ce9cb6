"""Real installed distributions, made of a dist-info folder and modules on sys.path."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

type Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution whose entry points and modules are given as text."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def _install(
        distribution: str,
        version: str,
        entry_points: Mapping[str, str],
        modules: Mapping[str, str] | None = None,
    ) -> None:
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        lines = [f"{name} = {target}\n" for name, target in entry_points.items()]
        (info / "entry_points.txt").write_text("[dj_queue]\n" + "".join(lines), encoding="utf-8")
        for name, text in (modules or {}).items():
            (site / f"{name}.py").write_text(text, encoding="utf-8")

    yield _install
    for name in set(sys.modules) - before:
        if str(site) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
