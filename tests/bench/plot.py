"""Bars as SVG, without a library. Numbers are drawn as rounded as they are written, so that a file changes when they do."""
import math
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, BAR, GAP = 720, 170, 70, 16, 14
COLOURS = {"mote": "#1b7f5c", "expat": "#8a8a8a", "strophe": "#d08a1d", "gloox": "#7a5fb0", "slixmpp": "#3d7ab8",
           "mosquitto": "#b4483e"}


def short(value: float) -> str:
    """Three digits that matter."""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def colour(name: str) -> str:
    return next((c for key, c in COLOURS.items() if name.startswith(key)), "#555555")


def bars(path: Path, title: str, groups: dict[str, dict[str, float]], logarithmic: bool = True) -> None:
    """One group of bars for each operation, one bar for each program; a logarithmic scale begins at a power of ten."""
    values = [value for group in groups.values() for value in group.values() if value > 0]
    low = 10 ** math.floor(math.log10(min(values))) if logarithmic else 0
    high = max(values)

    def length(value: float) -> float:
        room = WIDTH - LEFT - RIGHT
        if logarithmic:
            return room * math.log(max(value, low) / low) / math.log(high / low) if high > low else room
        return room * value / high

    lines, y = [], 34
    for label, group in groups.items():
        lines.append(f'<text x="8" y="{y + 12}" font-weight="bold">{escape(label)}</text>')
        y += 18
        for name, value in group.items():
            size = max(length(value), 1)
            lines.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
                         f'<rect x="{LEFT}" y="{y + 1}" width="{size:.0f}" height="{BAR - 3}" fill="{colour(name)}"/>'
                         f'<text x="{LEFT + size + 5:.0f}" y="{y + 12}">{short(value)}</text>')
            y += BAR
        y += GAP
    note = " (logarithmic)" if logarithmic else ""
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="white"/>\n'
        f'<text x="8" y="20" font-size="14">{escape(title + note)}</text>\n' + "\n".join(lines) + "\n</svg>\n")
