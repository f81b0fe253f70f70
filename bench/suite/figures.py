"""From readings to numbers: minimum or median, spread, ratios, geometric means."""

import math
import statistics

# Of the micro tests the minimum counts: noise only ever adds.
MINIMUM_GROUPS = ("micro",)
# Between threads the machine itself changes from one second to the next (which
# two processors talk to each other), so those compare round by round.
PAIRED_MICRO = ("pair2thr", "prodcons", "exchange")


class Figures:
    """The results of a run, ready to be compared."""

    def __init__(self, results, base=None):
        self.results = results
        self.names = []
        for values in results.figures.values():
            for name in values:
                if name not in self.names:
                    self.names.append(name)
        self.base = base or next((n for n in ("mi2", "mimalloc", "system")
                                  if n in self.names), self.names[0])

    def has(self, figure, name):
        return bool(self.results.figures.get(figure, {}).get(name))

    def values(self, figure, name):
        return self.results.figures[figure][name]

    def by_minimum(self, figure):
        return (self.results.groups[figure] in MINIMUM_GROUPS and
                not figure.startswith(PAIRED_MICRO))

    def value(self, figure, name):
        """The one number for this figure."""
        values = self.values(figure, name)
        return min(values) if self.by_minimum(figure) else statistics.median(values)

    def ratios(self, figure, name, to):
        """Round by round; rounds that only one of them finished are left out."""
        pairs = zip(self.values(figure, name), self.values(figure, to))
        return [a / b for a, b in pairs if b > 0]

    def ratio(self, figure, name, to):
        """Of the two numbers for minima, else the median ratio; None if unknown."""
        if not (self.has(figure, name) and self.has(figure, to)):
            return None
        if self.by_minimum(figure):
            least = self.value(figure, to)
            return self.value(figure, name) / least if least > 0 else None
        ratios = self.ratios(figure, name, to)
        return statistics.median(ratios) if ratios else None

    def spread(self, figure, name, to):
        """The least and the greatest ratio of any round."""
        ratios = self.ratios(figure, name, to)
        return (min(ratios), max(ratios)) if ratios else None

    def best(self, figure, names):
        """Who has the smallest number, of those named; None if nobody has any."""
        there = [name for name in names if self.has(figure, name)]
        return min(there, key=lambda n: self.value(figure, n)) if there else None

    def geomean(self, figures, name, to):
        """Over the figures that both have; None if there is none."""
        ratios = [self.ratio(figure, name, to) for figure in figures]
        logs = [math.log(r) for r in ratios if r]
        return math.exp(sum(logs) / len(logs)) if logs else None

    def of_group(self, group, suffix):
        return [figure for figure, g in self.results.groups.items()
                if g == group and figure.endswith(suffix)]
