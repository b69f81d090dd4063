# SPDX-License-Identifier: Apache-2.0
"""The picture of a run: for each case a panel, for each contestant a row; how many a second on the left, how long one
takes on the right."""
from .machine import sentence
from .svg import COLOURS, FAINT, GRID, INK, Drawing, LogScale, duration, short

COLUMN, GAP, MARGIN = 600, 40, 32
HEADER, PANEL_HEAD, PANEL_FOOT, ROW = 92, 44, 26, 20
LABEL, RATE, LATENCY = 168, (178, 372), (420, 590)


def panel_height(lines):
    return PANEL_HEAD + ROW * len(lines) + PANEL_FOOT


def draw_axis(drawing, scale, x, top, bottom, form):
    for tick in scale.ticks():
        drawing.line(x + scale.at(tick), top, x + scale.at(tick), bottom)
        drawing.words(x + scale.at(tick), bottom + 13, form(tick), 9, FAINT, "middle")


def draw_row(drawing, line, x, y, rates, latencies):
    colour = COLOURS[line["role"]]
    weight = "600" if line["role"] == "ostler" else "normal"
    drawing.words(x + LABEL, y + 4, "%s · %s" % (line["transport"], line["name"]), 11, INK, "end", weight)
    at = x + rates.at(line["rate"])
    drawing.line(x + rates.at(line["rate_min"]), y, x + rates.at(line["rate_max"]), y, colour, 2)
    drawing.dot(at, y, colour)
    drawing.words(x + rates.at(line["rate_max"]) + 8, y + 4, short(line["rate"]), 10, FAINT)
    if line["p50_us"] and line["p999_us"]:
        drawing.line(x + latencies.at(line["p50_us"]), y, x + latencies.at(line["p999_us"]), y, colour, 1.5)
        drawing.dot(x + latencies.at(line["p50_us"]), y, colour)
        drawing.dot(x + latencies.at(line["p99_us"]), y, colour, 3, hollow=True)
        drawing.line(x + latencies.at(line["p999_us"]), y - 4, x + latencies.at(line["p999_us"]), y + 4, colour, 1.5)


def draw_panel(drawing, lines, x, y):
    top, bottom = y + PANEL_HEAD - 8, y + PANEL_HEAD + ROW * len(lines) - 6
    rates = LogScale([line[name] for line in lines for name in ("rate_min", "rate_max")], *RATE)
    latencies = LogScale([line[name] for line in lines for name in ("p50_us", "p999_us")], *LATENCY)
    drawing.words(x, y + 12, lines[0]["title"], 14, INK, "start", "600")
    drawing.words(x + RATE[0], y + 28, "per second", 10, FAINT)
    drawing.words(x + LATENCY[0], y + 28, "latency", 10, FAINT)
    draw_axis(drawing, rates, x, top, bottom, short)
    draw_axis(drawing, latencies, x, top, bottom, duration)
    transport = lines[0]["transport"]
    for number, line in enumerate(lines):
        middle = y + PANEL_HEAD + ROW * number + 4
        if line["transport"] != transport:
            transport = line["transport"]
            drawing.line(x, middle - ROW / 2, x + COLUMN, middle - ROW / 2, GRID, 1)
        draw_row(drawing, line, x, middle, rates, latencies)


def draw_header(drawing, machine, rounds):
    drawing.words(MARGIN, 36, "How fast is Ostler", 22, INK, "start", "700")
    drawing.words(MARGIN, 56, "%s; medians of %d round%s; scales are logarithmic"
                  % (sentence(machine), rounds, "" if rounds == 1 else "s"), 11, FAINT)
    x = MARGIN
    for role, text in (("ostler", "Ostler"), ("raw", "its transport library alone"), ("peer", "another system")):
        drawing.dot(x + 4, 74, COLOURS[role])
        drawing.words(x + 14, 78, text, 11)
        x += 34 + 6.2 * len(text)
    drawing.words(x + 20, 78, "left: median and spread of the rounds; right: ● p50  ○ p99  | p99.9", 11, FAINT)


def draw(summaries, machine, rounds):
    """The text of the SVG file."""
    panels = {}
    for line in summaries:
        panels.setdefault(line["case"], []).append(line)
    columns, heights = ([], []), [HEADER, HEADER]
    for lines in panels.values():
        column = 0 if heights[0] <= heights[1] else 1
        columns[column].append((heights[column], lines))
        heights[column] += panel_height(lines)
    count = 2 if columns[1] else 1
    drawing = Drawing(2 * MARGIN + COLUMN * count + GAP * (count - 1) + 30, max(heights) + 16)
    draw_header(drawing, machine, rounds)
    for number, column in enumerate(columns):
        for y, lines in column:
            draw_panel(drawing, lines, MARGIN + number * (COLUMN + GAP), y)
    return drawing.text()
