"""The bars that acre has set itself, and where it stands against each."""

SNMALLOC = ("sn", "snmalloc")
GLIBC = ("system",)


def suffixed(prefix, words):
    return [f"{prefix}-{word}" for word in words.split()]


# Title, figures, limit of the ratio to the best peer, peers (None: all).
RATIO_BARS = [
    ("tiny program, start to end", ["exec:cpu", "tiny:cpu"], 1.05, GLIBC),
    ("tiny program, RSS", ["exec:rss", "tiny:rss"], 1.05, GLIBC),
    ("pair, small", suffixed("pair", "16 64 256 1024"), 1.1, SNMALLOC),
    ("pair, large", suffixed("pair", "4096 32768 1048576"), 1.1, None),
    ("batch, last in first out", suffixed("lifo", "16 1024 4096 32768 1048576"), 1.1,
     None),
    ("batch, first in first out", suffixed("fifo", "16 1024 4096 32768 1048576"), 1.1,
     None),
    ("random replacement, 64 B", ["rand10k-64", "rand100k-64", "rand1000k-64"], 1.1,
     None),
    ("random replacement, mixed", ["rand10k-mix", "rand100k-mix", "rand1000k-mix"], 1.1,
     None),
    ("calloc", ["calloc-64"], 1.1, None),
    ("aligned_alloc", ["aligned64-128"], 1.1, None),
    ("realloc growth", ["regrow-1000000", "regrow2-1000000"], 1.1, None),
    ("threads: larson-like, CPU", ["larson-2:cpu", "larson-8:cpu"], 1.05, None),
    ("threads: all frees remote, CPU", ["xmalloc-2:cpu", "xmalloc-8:cpu"], 1.05, None),
    ("threads: hand-over", suffixed("prodcons", "64 mix 4096"), 1.05, None),
    ("threads: create, 100 mallocs, exit", ["threadspawn.cpu"], 1.05, None),
]

# Title, figures, limit of the figure itself.
VALUE_BARS = [
    ("RSS per byte, 16 B", ["mem-16"], 1.01),
    ("RSS per byte, 520 to 2100 B", suffixed("mem", "520 1100 2100"), 1.08),
    ("RSS over live after refill", ["frag-refill"], 1.30),
    ("MB left 1.5 s after freeing all", ["frag-later-MB"], 5.0),
]

# Title, group, suffix, limit, to: "best" peer's mean, or "base" = mimalloc 2.
MEAN_BARS = [
    ("real programs, CPU, geometric mean", "real", ":cpu", 0.97, "best"),
    ("real programs, peak RSS, geometric mean", "real", ":rss", 0.84, "base"),
    ("own workloads, CPU, geometric mean", "work", ":cpu", 0.95, "base"),
    ("own workloads, peak RSS, geometric mean", "work", ":rss", 0.70, "base"),
]

NOT_HERE = ("double and invalid frees of every kind", "see test/abuse")


def row(title, figure, value, peer, limit, ratio, unit=""):
    """One line of the table; `ratio` is what the limit is about."""
    met = ratio is not None and round(ratio, 4) <= limit
    by = None if ratio is None else ratio / limit - 1
    return {"title": title, "figure": figure, "acre": value, "peer": peer,
            "limit": limit, "ratio": ratio, "met": met, "by": by, "unit": unit}


def figure_row(figures, title, figure, acre, names, limit):
    """acre against the best of `names` on one figure."""
    best = figures.best(figure, names)
    if best is None or not figures.has(figure, acre):
        return row(title, figure, None, None, limit, None)
    peer = (best, figures.value(figure, best))
    return row(title, figure, figures.value(figure, acre), peer, limit,
               figures.ratio(figure, acre, best))


def mean_row(figures, title, acre, peers, bar):
    _, group, suffix, limit, to = bar
    keys = figures.of_group(group, suffix)
    base = figures.base
    means = {name: figures.geomean(keys, name, base) for name in [acre] + peers}
    peer = min((n for n in peers if means[n]), key=lambda n: means[n], default=None)
    if means[acre] is None or peer is None:
        return row(title, f"to {base}", None, None, limit, None)
    ratio = means[acre] / means[peer] if to == "best" else means[acre]
    return row(title, f"to {peer if to == 'best' else base}", means[acre],
               (peer, means[peer]), limit, ratio)


def each_program_rows(figures, acre, peers):
    """None above 1.05 of its best peer in CPU, 1.10 of its leanest fast one in RSS."""
    fast = [name for name in peers if name not in GLIBC]
    rows = []
    for figure in figures.of_group("real", ":cpu"):
        rows.append(figure_row(figures, "each real program, CPU", figure, acre, peers,
                               1.05))
    for figure in figures.of_group("real", ":rss"):
        rows.append(figure_row(figures, "each real program, RSS", figure, acre, fast,
                               1.10))
    return rows


def value_rows(figures, acre, peers):
    rows = []
    for title, keys, limit in VALUE_BARS:
        for figure in keys:
            best = figures.best(figure, peers)
            value = figures.value(figure, acre) if figures.has(figure, acre) else None
            peer = best and (best, figures.value(figure, best))
            rows.append(row(title, figure, value, peer, limit, value))
    return rows


def all_rows(figures, acre="acre"):
    """Every bar, in the order of the issue's table."""
    peers = [name for name in figures.names if name != acre]
    rows = [mean_row(figures, bar[0], acre, peers, bar) for bar in MEAN_BARS[:2]]
    rows += each_program_rows(figures, acre, peers)
    for title, keys, limit, wanted in RATIO_BARS:
        names = [n for n in peers if wanted is None or n in wanted] or peers
        rows += [figure_row(figures, title, figure, acre, names, limit)
                 for figure in keys]
    rows += value_rows(figures, acre, peers)
    return rows + [mean_row(figures, bar[0], acre, peers, bar) for bar in MEAN_BARS[2:]]


def show(value):
    return "-" if value is None else f"{value:.4g}"


def markdown(rows):
    """The table, and how many bars are met."""
    known = [r for r in rows if r["ratio"] is not None]
    met = sum(r["met"] for r in known)
    lines = [f"{met} of {len(known)} bars are met"
             f" ({len(rows) - len(known)} not measured).", "",
             "| bar | figure | acre | best peer | limit | reached | |",
             "|---|---|---|---|---|---|---|"]
    for r in rows:
        peer = f"{r['peer'][0]} {show(r['peer'][1])}" if r["peer"] else "-"
        verdict = "not measured"
        if r["ratio"] is not None:
            verdict = (f"met, {-100 * r['by']:.0f}% to spare" if r["met"]
                       else f"**missed by {100 * r['by']:.1f}%**")
        lines.append(f"| {r['title']} | {r['figure']} | {show(r['acre'])} | {peer} | "
                     f"{r['limit']} | {show(r['ratio'])} | {verdict} |")
    lines.append(f"| {NOT_HERE[0]} | {NOT_HERE[1]} | | | | | |")
    return "\n".join(lines) + "\n"
