# SPDX-License-Identifier: MIT
"""Line plots as SVG: what the growth bench needs of them, without a library."""
import math
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 110, 40, 50
COLOURS = {"gcorn": "#b5651d", "floor": "#777777", "bjoern": "#1f5fa8"}


def number(value):
    for limit, unit in ((1_000_000, "M"), (1000, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def is_wide(values):
    """More than two powers of ten: a logarithmic axis shows it better."""
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) / min(positive) > 100


def scale_of(values, start, end, logarithmic):
    def place(value):
        return math.log10(max(value, 0.5)) if logarithmic else value
    low = min(map(place, values)) if logarithmic else 0
    high = max(map(place, values))
    span = (high - low) or 1
    return lambda value: start + (place(value) - low) / span * (end - start)


def steps(values, logarithmic):
    """Values for the marks of the vertical axis."""
    top = max(values)
    if logarithmic:
        return [10 ** power for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(top)) + 1)
                if min(values) <= 10 ** power <= top]
    step = 10 ** math.floor(math.log10(top))
    while top / step < 4:
        step /= 2
    return [step * count for count in range(int(top / step) + 1)]


def plot(title, x_title, y_title, lines):
    """`lines`: {name: [(x, y)]}. Returns the picture."""
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points]
    wide = is_wide(ys)
    x_of = scale_of(xs, LEFT, WIDTH - RIGHT, is_wide(xs))
    y_of = scale_of(ys, HEIGHT - BOTTOM, TOP, wide)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
           f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>',
           f'<text x="18" y="{HEIGHT / 2}" text-anchor="middle" '
           f'transform="rotate(-90 18 {HEIGHT / 2})">{escape(y_title)}</text>']
    for value in steps(ys, wide):
        y = y_of(value)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
    for x in xs:
        out.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number(x)}</text>')
    for name, points in lines.items():
        colour = COLOURS.get(name, "#444444")
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
        last_x, last_y = points[-1]
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        out.append(f'<text x="{x_of(last_x) + 8:.1f}" y="{y_of(last_y) + 4:.1f}" fill="{colour}">'
                   f'{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])
