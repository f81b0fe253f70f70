"""A picture of a run: for each figure a line of dots, as ratios to the base."""

import math
from xml.sax.saxutils import escape

COLOURS = ["#7f8c8d", "#2e86c1", "#8e44ad", "#ca6f1e", "#229954", "#b7950b",
           "#117a65", "#d98880", "#5d6d7e", "#a04000"]
ACRE_COLOUR = "#c0392b"
SECTIONS = [("Real programs, CPU", "real", ":cpu"),
            ("Real programs, RSS", "real", ":rss"),
            ("Start, CPU", "start", ":cpu"), ("Start, RSS", "start", ":rss"),
            ("Workloads, CPU", "work", ":cpu"), ("Workloads, RSS", "work", ":rss"),
            ("Micro, ns", "micro", ""), ("Space", "space", "")]
LOW, HIGH = 0.25, 4.0
LEFT, RIGHT, ROW, TOP = 170, 790, 13, 56
TICKS = (0.25, 0.5, 0.7, 1, 1.4, 2, 4)


def place(ratio):
    """The x of a ratio on the logarithmic scale; what lies beyond is at the rim."""
    share = math.log(min(max(ratio, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return LEFT + share * (RIGHT - LEFT)


def text(x, y, words, size=10, anchor="start", colour="#333", weight="normal"):
    return (f'<text x="{x:.0f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}" font-weight="{weight}">{escape(words)}</text>')


def legend(figures, colours):
    parts, x = [], LEFT
    for name in figures.names:
        parts.append(f'<circle cx="{x}" cy="34" r="4" fill="{colours[name]}"/>')
        parts.append(text(x + 7, 37.5, name))
        x += 22 + 7 * len(name)
    return parts


def grid(top, bottom):
    parts = []
    for tick in TICKS:
        x = place(tick)
        colour = "#999" if tick == 1 else "#e3e3e3"
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" '
                     f'stroke="{colour}"/>')
        parts.append(text(x, top - 4, f"{tick:g}", 9, "middle", "#777"))
    return parts


def dots(figures, figure, y, colours, acre):
    """The peers as small dots, acre as a larger one over its spread."""
    parts = []
    for name in sorted(figures.names, key=lambda n: n == acre):
        ratio = figures.ratio(figure, name, figures.base)
        if not ratio:
            continue
        if name == acre:
            low, high = figures.spread(figure, name, figures.base) or (ratio, ratio)
            parts.append(f'<line x1="{place(low):.1f}" y1="{y}" x2="{place(high):.1f}" '
                         f'y2="{y}" stroke="{ACRE_COLOUR}" stroke-width="2"/>')
        title = escape(f"{figure} {name}: {ratio:.3f}")
        parts.append(f'<circle cx="{place(ratio):.1f}" cy="{y}" '
                     f'r="{4 if name == acre else 2.6}" fill="{colours[name]}">'
                     f'<title>{title}</title></circle>')
    return parts


def svg(figures, acre="acre"):
    """The whole picture as text."""
    colours = dict(zip((n for n in figures.names if n != acre), COLOURS * 3))
    colours[acre] = ACRE_COLOUR
    body, y = [], TOP
    for title, group, suffix in SECTIONS:
        keys = figures.of_group(group, suffix)
        if not keys:
            continue
        y += 8
        body.append(text(8, y + 10, title, 11, weight="bold"))
        y += 16
        for figure in keys:
            body.append(text(LEFT - 8, y + 9, figure.split(":")[0], 10, "end"))
            body += dots(figures, figure, y + ROW // 2, colours, acre)
            y += ROW
    bottom = y + 8
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{RIGHT + 20}" '
            f'height="{bottom + 8}" font-family="sans-serif">',
            '<rect width="100%" height="100%" fill="#fcfcfa"/>',
            text(8, 18, f"Cost as a ratio to {figures.base}: left is less", 12,
                 weight="bold")]
    parts = head + legend(figures, colours) + grid(TOP, bottom) + body + ["</svg>"]
    return "\n".join(parts) + "\n"
