"""Markdown tables of a run."""

from . import bars

SECTIONS = [
    ("Real programs, CPU", "real", ":cpu"), ("Real programs, peak RSS", "real", ":rss"),
    ("Real programs, elapsed time", "real", ":wall"),
    ("Real programs, minor page faults", "real", ":minor"),
    ("Real programs, RSS one second after the work", "real", ":settled"),
    ("Starting, CPU", "start", ":cpu"), ("Starting, peak RSS", "start", ":rss"),
    ("Starting, minor page faults", "start", ":minor"),
    ("Allocator workloads, CPU", "work", ":cpu"),
    ("Allocator workloads, peak RSS", "work", ":rss"),
    ("Allocator workloads, elapsed time", "work", ":wall"),
    ("Allocator workloads, minor page faults", "work", ":minor"),
    ("Allocator workloads, RSS one second after the work", "work", ":settled"),
]
UNITS = {":cpu": "s", ":wall": "s", ":rss": "KB", ":settled": "KB", ":minor": ""}
NS_TITLE = "Micro, ns per malloc+free pair, per object or per step"


def number(value):
    return "-" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def header(cells):
    return [f"| {' | '.join(cells)} |", "|" + "---|" * len(cells)]


def ratio_cell(figures, figure, name, best):
    """The ratio to the base, with its spread; the best in bold."""
    ratio = figures.ratio(figure, name, figures.base)
    if ratio is None:
        return failure(figures, figure, name)
    low, high = figures.spread(figure, name, figures.base)
    text = f"**{ratio:.2f}**" if name == best else f"{ratio:.2f}"
    if name == figures.base or high - low < 0.005:
        return text
    return f"{text} ({low:.2f}-{high:.2f})"


def failure(figures, figure, name):
    why = figures.results.failures.get(figure.split(":")[0], {}).get(name)
    return f"failed: {why}" if why else "-"


def to_best_peer(figures, figure, acre):
    peers = [n for n in figures.names if n != acre]
    best = figures.best(figure, peers)
    ratio = best and figures.ratio(figure, acre, best)
    return f"{ratio:.2f} {best}" if ratio else "-"


def ratio_section(figures, title, keys, unit, acre):
    """Ratios to the base, one line for each program, and the geometric mean."""
    lines = [f"### {title}", "", f"Ratios to {figures.base}: median (least-greatest).",
             ""]
    lines += header(["", f"{figures.base}{', ' + unit if unit else ''}"] + figures.names +
                    ["acre / best peer"])
    for figure in keys:
        best = figures.best(figure, figures.names)
        base = (number(figures.value(figure, figures.base))
                if figures.has(figure, figures.base) else "-")
        cells = [ratio_cell(figures, figure, name, best) for name in figures.names]
        lines.append(f"| {figure.split(':')[0]} | {base} | {' | '.join(cells)} | "
                     f"{to_best_peer(figures, figure, acre)} |")
    means = [figures.geomean(keys, name, figures.base) for name in figures.names]
    cells = [f"{m:.3f}" if m else "-" for m in means]
    return lines + [f"| geometric mean | | {' | '.join(cells)} | |", ""]


def value_section(figures, title, keys, acre):
    """The figures themselves, the best of each in bold."""
    lines = [f"### {title}", ""]
    lines += header([""] + figures.names + ["acre / best peer"])
    for figure in keys:
        best = figures.best(figure, figures.names)
        cells = []
        for name in figures.names:
            if not figures.has(figure, name):
                cells.append(failure(figures, figure, name))
                continue
            text = number(figures.value(figure, name))
            cells.append(f"**{text}**" if name == best else text)
        lines.append(f"| {figure} | {' | '.join(cells)} | "
                     f"{to_best_peer(figures, figure, acre)} |")
    return lines + [""]


def markdown(figures, about, acre="acre"):
    """The whole report; the bars first if acre took part."""
    lines = ["# Benchmark results", "",
             f"{about['rounds']} interleaved rounds on {about['machine']}.",
             f"Base of the ratios: {figures.base}.", ""]
    for name, path in about["allocators"].items():
        lines.append(f"- {name}: {path}")
    lines.append("")
    if acre in figures.names:
        lines += ["## Bars", "", bars.markdown(bars.all_rows(figures, acre))]
    lines += ["## Tables", ""]
    for title, group, suffix in SECTIONS:
        keys = figures.of_group(group, suffix)
        if keys:
            lines += ratio_section(figures, title, keys, UNITS[suffix], acre)
    for title, group in ((NS_TITLE, "micro"), ("Space", "space")):
        keys = figures.of_group(group, "")
        if keys:
            lines += value_section(figures, title, keys, acre)
    return "\n".join(lines)
