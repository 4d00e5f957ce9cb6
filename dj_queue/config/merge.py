"""Merging layers by rank; each value remembers the layer it came from."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dj_queue.contract import ConfigLayer

DEEP = ("scheduler", "recurring", "plugin_options")
"""Options that are merged key by key; every other value replaces what lower layers say."""

PLAIN = re.compile(r"[\w-]+")

type Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The values that won, and where each came from."""

    values: Mapping[str, Any]
    sources: Mapping[Path, ConfigLayer]
    home: str = ""
    """Prefix of the lowest layer: where a value that no layer gives would be written."""

    def keeping(self, names: Iterable[str], other: "Merged") -> "Merged":
        """These values, but those of the options `names` as `other` has them."""
        kept = frozenset(names)
        return replace(
            self,
            values=_with_kept(self.values, other.values, lambda name: name in kept),
            sources=_with_kept(self.sources, other.sources, lambda path: path[0] in kept),
        )

    def source_of(self, path: Path) -> ConfigLayer | None:
        """The layer that gave the value at `path`, or the nearest value around it; None for defaults."""
        for length in range(len(path), 0, -1):
            found = self.sources.get(path[:length])
            if found is not None:
                return found
        return None

    def place(self, path: Path) -> str:
        """`path` in the words of its source, for messages."""
        source = self.source_of(path)
        return spell(source.prefix if source else self.home, path)


def merge(layers: Iterable[ConfigLayer]) -> Merged:
    """Lay the layers over each other, higher ranks last; equal ranks in the order given."""
    values: dict[str, Any] = {}
    sources: dict[Path, ConfigLayer] = {}
    ordered = sorted(layers, key=lambda layer: layer.rank)
    for layer in ordered:
        for name, value in layer.values.items():
            if name in DEEP and isinstance(value, Mapping) and isinstance(values.get(name), Mapping):
                values[name] = {**values[name], **value}
                sources.update({(name, key): layer for key in value})
                continue
            values[name] = value
            for stale in [path for path in sources if path[0] == name]:
                del sources[stale]
            sources[(name,)] = layer
    return Merged(values, sources, ordered[0].prefix if ordered else "")


def _with_kept[K, V](fresh: Mapping[K, V], other: Mapping[K, V], is_kept: Callable[[K], bool]) -> dict[K, V]:
    rest = {key: value for key, value in fresh.items() if not is_kept(key)}
    return rest | {key: value for key, value in other.items() if is_kept(key)}


def spell(prefix: str, path: Path) -> str:
    """A path as its source writes it: `TASKS['default']['OPTIONS']['mode']`, or `queue.yml: workers[0].threads`."""
    if prefix.endswith("]"):
        return prefix + "".join(f"[{part!r}]" for part in path)
    dotted = "".join(
        f".{part}" if isinstance(part, str) and PLAIN.fullmatch(part) else f"[{part!r}]" for part in path
    ).removeprefix(".")
    return ": ".join(part for part in (prefix, dotted) if part)
