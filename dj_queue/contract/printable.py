"""Text of unknown origin as it may be shown: what would steer a page or a terminal becomes visible."""

import re

STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, apart from tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing
    "\u2028\u2029\ufeff\ud800-\udfff]"  # separators and marks that nobody sees, halves of characters
)


def printable(text: str) -> str:
    r"""`text` with control characters, direction marks and half characters as escapes such as `\u202e`."""
    return STEERING.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
