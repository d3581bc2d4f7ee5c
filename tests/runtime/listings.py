"""Machine code written by hand."""

from __future__ import annotations

from twill.runtime.sass import SassFunction, parse


def listing(body: str) -> SassFunction:
    """A function from lines such as `L1:` and `@P0 BRA L1`."""
    lines, address = [".text.f:"], 0
    for line in body.strip().splitlines():
        text = line.strip()
        if text.endswith(":"):
            lines.append(f".{text}")
        else:
            for label in ("L1", "L2", "L3"):
                text = text.replace(f" {label}", f" `(.{label})")
            lines.append(f"        /*{address:04x}*/                   {text} ;")
            address += 16
    return parse("\n".join(lines))["f"]
