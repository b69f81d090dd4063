# SPDX-License-Identifier: Apache-2.0
"""A drawing: shapes and texts are added, text() is the file."""
import math
from xml.sax.saxutils import escape

COLOURS = {"raw": "#8a8f98", "ostler": "#c2410c", "peer": "#1d4ed8"}
SERIES = ("#c2410c", "#1d4ed8", "#15803d", "#7c3aed", "#a16207", "#8a8f98")
INK, FAINT, GRID = "#1f2328", "#6b7280", "#e5e7eb"
FONT = "system-ui, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"


class Drawing:
    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def line(self, x1, y1, x2, y2, colour=GRID, width=1.0):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%s"/>'
                          % (x1, y1, x2, y2, colour, width))

    def dot(self, x, y, colour, radius=3.5, hollow=False):
        self.parts.append('<circle cx="%.1f" cy="%.1f" r="%s" fill="%s" stroke="%s" stroke-width="1.5"/>'
                          % (x, y, radius, "#ffffff" if hollow else colour, colour))

    def path(self, points, colour):
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"/>'
                          % (" ".join("%.1f,%.1f" % point for point in points), colour))

    def words(self, x, y, text, size=11, colour=INK, anchor="start", weight="normal"):
        self.parts.append('<text x="%.1f" y="%.1f" font-size="%s" fill="%s" text-anchor="%s" font-weight="%s">%s</text>'
                          % (x, y, size, colour, anchor, weight, escape(text)))

    def text(self):
        return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="%s">\n'
                '<rect width="100%%" height="100%%" fill="#ffffff"/>\n%s\n</svg>\n'
                % (self.width, self.height, self.width, self.height, escape(FONT, {'"': "&quot;"}),
                   "\n".join(self.parts)))


class LogScale:
    """From values to places, by powers of ten."""

    def __init__(self, values, low, high):
        values = [value for value in values if value and value > 0]
        self.first = math.floor(math.log10(min(values))) if values else 0
        self.last = max(self.first + 1, math.ceil(math.log10(max(values)) - 1e-9)) if values else 1
        self.low, self.high = low, high

    def at(self, value):
        share = (math.log10(max(value, 10.0 ** self.first)) - self.first) / (self.last - self.first)
        return self.low + share * (self.high - self.low)

    def ticks(self):
        return [10.0 ** power for power in range(self.first, self.last + 1)]


def short(value):
    """A number as a person would say it: 1.2 M, 34 k, 560."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= limit * 0.9995:
            return "%.3g%s" % (value / limit, unit)
    return "%.3g" % value


def duration(us):
    for limit, unit in ((1e6, " s"), (1e3, " ms")):
        if us >= limit * 0.9995:
            return "%.3g%s" % (us / limit, unit)
    return "%.3g µs" % us


def mebibytes(value):
    return short(value) + " MiB"
