"""How wide words are, and where a line must end: for the sheets, which are drawn and not set.

Text in, widths in points and lines out; the font is the one of `page.style`.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65_536)
def width_pt(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide `text` is drawn, points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0])


def wrap(text: str, size: float, room_pt: float) -> list[str]:
    """Return `text` in lines that are at most `room_pt` wide; a word that is wider is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_pt(longer, size) <= room_pt:
            line = longer
            continue
        if line:
            lines.append(line)
        *pieces, line = _broken(word, size, room_pt)
        lines += pieces
    return [*lines, line] if line else lines


def fitted(text: str, size: float, room_pt: float, *, bold: bool = False) -> str:
    """Return `text`, its end replaced by an ellipsis if it is wider than `room_pt`."""
    if width_pt(text, size, bold=bold) <= room_pt:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = width_pt(text[:middle].rstrip() + "…", size, bold=bold) <= room_pt
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "…"


def _broken(word: str, size: float, room_pt: float) -> list[str]:
    pieces = []
    while len(word) > 1 and width_pt(word, size) > room_pt:
        count = max(1, int(len(word) * room_pt / width_pt(word, size)))
        while count > 1 and width_pt(word[:count], size) > room_pt:
            count -= 1
        pieces.append(word[:count])
        word = word[count:]
    return [*pieces, word]
