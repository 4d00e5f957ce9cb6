"""Options from a YAML file: read safely, with the line of every mistake."""

import logging
import os
import stat
from pathlib import Path
from typing import Any

import yaml

from dj_queue.contract import ConfigSourceError

logger = logging.getLogger("dj_queue.config")

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 30


class _StrictLoader(yaml.SafeLoader):
    """Plain data only: no tags, no anchors, no aliases, no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not allowed", problem_mark=event.start_mark
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise yaml.MarkedYAMLError(problem=f"the tag {tag} is not allowed", problem_mark=event.start_mark)
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"deeper than {MAX_DEPTH} levels", problem_mark=event.start_mark
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own signature
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            raise yaml.MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is not a string", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(name: str) -> dict[str, Any]:
    """The mapping in the file.

    Raises:
        ConfigSourceError: the file cannot be read, is too large, or is not one plain mapping.
    """
    text = _read(Path(name))
    try:
        values = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a stricter SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}, line {mark.line + 1}" if mark else name
        text = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigSourceError(f"{where}: {text}") from None
    except yaml.YAMLError as error:
        raise ConfigSourceError(f"{name}: {' '.join(str(error).split())}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigSourceError(
            f"{name}: it holds {type(values).__name__}; write one mapping of option names to values"
        )
    return values


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigSourceError(f"{path}: it cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ConfigSourceError(f"{path}: it is larger than {MAX_BYTES} bytes")
    if mode & stat.S_IWOTH:
        logger.warning("%s can be written by every user of this host", path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigSourceError(
            f"{path}: it is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        ) from None
