# SPDX-License-Identifier: Apache-2.0
"""The picture of how it scales: for each question a row of three panels (rate, latency, memory), a line for each
transport."""
from .machine import sentence
from .svg import FAINT, GRID, INK, SERIES, Drawing, LogScale, duration, mebibytes, short

MARGIN, WIDTH, HEIGHT, GAP_X, GAP_Y, HEADER, HEAD = 36, 330, 170, 76, 66, 92, 30
PANELS = (("rate", "per second", short), ("p99_us", "p99 (line) and p50 (dots)", duration),
          ("server_mib", "memory of the servers", mebibytes))


def draw_panel(drawing, curves, key, title, form, x, y, label):
    points = [point for curve in curves.values() for point in curve]
    across = LogScale([point["x"] for point in points], x, x + WIDTH)
    also = [point["p50_us"] for point in points] if key == "p99_us" else []
    up = LogScale([point[key] for point in points] + also, y + HEIGHT, y)
    drawing.words(x, y - 10, title, 10, FAINT)
    for tick in up.ticks():
        drawing.line(x, up.at(tick), x + WIDTH, up.at(tick))
        drawing.words(x - 6, up.at(tick) + 3, form(tick), 9, FAINT, "end")
    for tick in across.ticks():
        drawing.line(across.at(tick), y, across.at(tick), y + HEIGHT, GRID)
        drawing.words(across.at(tick), y + HEIGHT + 14, short(tick), 9, FAINT, "middle")
    drawing.words(x + WIDTH / 2, y + HEIGHT + 28, label, 10, FAINT, "middle")
    for colour, curve in zip(SERIES, curves.values()):
        drawing.path([(across.at(point["x"]), up.at(point[key])) for point in curve if point[key]], colour)
        for point in curve:
            if point[key]:
                drawing.dot(across.at(point["x"]), up.at(point[key]), colour, 2.5)
            if key == "p99_us":
                drawing.dot(across.at(point["x"]), up.at(point["p50_us"]), colour, 2, hollow=True)


def draw(questions, machine):
    """The text of the SVG file. @p questions: a list of {"title", "label", "curves": {name: [point]}}."""
    questions = [question for question in questions if any(question["curves"].values())]
    drawing = Drawing(2 * MARGIN + 3 * WIDTH + 2 * GAP_X + 40, HEADER + (HEAD + HEIGHT + GAP_Y) * len(questions))
    drawing.words(MARGIN, 36, "How Ostler scales", 22, INK, "start", "700")
    drawing.words(MARGIN, 56, sentence(machine) + "; scales are logarithmic", 11, FAINT)
    x = MARGIN
    for colour, name in zip(SERIES, questions[0]["curves"] if questions else ()):
        drawing.dot(x + 4, 74, colour)
        drawing.words(x + 14, 78, name, 11)
        x += 40 + 6.2 * len(name)
    y = HEADER
    for question in questions:
        drawing.words(MARGIN, y + 10, question["title"], 14, INK, "start", "600")
        for number, (key, title, form) in enumerate(PANELS):
            draw_panel(drawing, question["curves"], key, title, form,
                       MARGIN + 40 + number * (WIDTH + GAP_X), y + HEAD + 10, question["label"])
        y += HEAD + HEIGHT + GAP_Y
    return drawing.text()
