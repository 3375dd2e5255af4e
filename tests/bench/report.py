# SPDX-License-Identifier: MIT
"""The figures as tables, for a terminal and for docs/performance.md."""
from statistics import median

BASE = "gcorn"
COLUMNS = ("server", "CPU a request", "spread", "to gcorn", "spread", "requests/s", "to gcorn", "p50", "p99", "errors")


def ratios(rounds, base_rounds, key):
    """The ratio to gcorn in each round that both have."""
    return [one[key] / other[key] for one, other in zip(rounds, base_rounds) if other[key]]


def microseconds(value):
    if value >= 10_000:
        return f"{value / 1000:,.0f} ms"
    return f"{value:,.1f} µs" if value < 100 else f"{value:,.0f} µs"


def spread(values, form):
    return f"{form(min(values))}–{form(max(values))}" if values else ""


def ratio(values):
    return f"{median(values):.2f}" if values else ""


def row(name, rounds, base_rounds):
    def column(key):
        return [figures[key] for figures in rounds]
    to_base = ratios(rounds, base_rounds, "cpu_us")
    errors = sum(column("errors"))
    return (name, microseconds(median(column("cpu_us"))), spread(column("cpu_us"), microseconds), ratio(to_base),
            spread(to_base, lambda value: f"{value:.2f}"), f"{median(column('per_second')):,.0f}",
            ratio(ratios(rounds, base_rounds, "per_second")), microseconds(median(column("p50_us"))),
            microseconds(median(column("p99_us"))), str(errors) if errors else "")


def rows(found):
    """The rows of a scenario, the cheapest server first."""
    servers = found["servers"]
    order = sorted(servers, key=lambda name: median(figures["cpu_us"] for figures in servers[name]))
    made = [row(name, servers[name], servers.get(BASE, [])) for name in order]
    if "app_us" in found:
        made.insert(0, ("the app alone", microseconds(found["app_us"]), *[""] * 8))
        made = [(*cells, server_share(cells[0], found)) for cells in made]
    return made


def server_share(name, found):
    """CPU a request with the app's own time taken off."""
    rounds = found["servers"].get(name)
    if rounds is None:
        return ""
    return microseconds(median(figures["cpu_us"] for figures in rounds) - found["app_us"])


def columns(found):
    return (*COLUMNS, "server's share") if "app_us" in found else COLUMNS


def table(found):
    lines = [columns(found), *rows(found)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = [found["title"]]
    for cells in lines:
        first, *rest = [cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(cells, widths))]
        text.append("  " + "  ".join([first, *rest]).rstrip())
    return "\n".join(text) + "\n"


def markdown(results):
    machine = results["machine"]
    text = [f"Measured {results['date']} on {machine['cpu']} ({machine['cores']} cores), Linux {machine['kernel']}, "
            f"Python {machine['python']}, with `{results['command']}`: {results['rounds']} rounds of "
            f"{results['seconds']:g} s a server, medians.\n"]
    for found in results["scenarios"].values():
        lines = [columns(found), *rows(found)]
        used = [index for index in range(len(lines[0])) if any(cells[index] for cells in lines[1:])]
        text.append(f"### {found['title']}\n")
        for number, cells in enumerate(lines):
            text.append("| " + " | ".join(cells[index] for index in used) + " |")
            if number == 0:
                text.append("| --- |" + " ---: |" * (len(used) - 1))
        text.append("")
    return "\n".join(text)
