"""Real work for Python: JSON, dicts, strings, classes, sorting.

Run with PYTHONMALLOC=malloc, so that every object comes from malloc.
With --settle: drop everything, wait a second, print the resident memory.
"""

import json
import re
import sys
import time


class Order:
    """A record with a few attributes and a list."""

    def __init__(self, number, customer, lines):
        self.number = number
        self.customer = customer
        self.lines = lines

    def total(self):
        return sum(price * count for price, count in self.lines)


def make_orders(count):
    seed = 12345
    orders = []
    for number in range(count):
        lines = []
        for _ in range(1 + number % 7):
            seed = (seed * 1103515245 + 12345) & 0x7fffffff
            lines.append((seed % 1000 / 100.0, 1 + (seed >> 8) % 9))
        orders.append(Order(number, f"customer-{seed % 3000:05d}", lines))
    return orders


def by_customer(orders):
    totals = {}
    for order in orders:
        entry = totals.setdefault(order.customer, {"orders": [], "total": 0.0})
        entry["orders"].append(order.number)
        entry["total"] += order.total()
    return totals


def round_trip(totals):
    text = json.dumps(totals, indent=1, sort_keys=True)
    back = json.loads(text)
    assert len(back) == len(totals)
    return text


def count_words(text):
    counts = {}
    for word in re.split(r"[^a-z0-9-]+", text):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def build_strings(count):
    parts = []
    for i in range(count):
        parts.append("%d:%s" % (i, "x" * (i % 40)))
        if i % 1000 == 0:
            parts = [" ".join(parts)]
    return len(" ".join(parts))


def work():
    orders = make_orders(60000)
    totals = by_customer(orders)
    words = count_words(round_trip(totals))
    tree = {i: {j: str(i * j) for j in range(i % 30)} for i in range(8000)}
    flat = sorted(value for leaf in tree.values() for value in leaf.values())
    print(len(words), len(flat), build_strings(150000))


def main():
    work()
    if "--settle" in sys.argv:
        time.sleep(1)
        with open("/proc/self/statm", encoding="ascii") as f:
            print("settled_kb", int(f.read().split()[1]) * 4)


main()
