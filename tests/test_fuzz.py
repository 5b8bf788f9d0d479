"""Random damage to good exports: never a traceback, never a hang, never a wrong total that nobody is told of.

Every case takes one platform's synthetic export and damages it by one recipe and one seed. Harmless recipes change only how
the file is written, so every order must come out to the cent. Harmful ones lose or spoil something: then the reader refuses
the file with a sentence, or accounts for every row, and an order that was not touched is still right.
"""

import csv
import io
import random
import time
from functools import cache

import pytest
from platforms import MAKERS, Export

from crmlab.language import set_language
from crmlab.orders import ImportProblem, read_orders

SEEDS = range(8)
SLOW = 20  # seconds a case may take on a busy machine; ten orders take a twentieth of one


@cache
def source(maker) -> tuple[Export, list[list[str]]]:
    """An export, and its rows as cells."""
    export = maker()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = export.data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    head = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    return export, list(csv.reader(io.StringIO(text), delimiter=delimiter))


def write(rows, encoding="utf-8-sig", delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue().encode(encoding)


def header_at(rows) -> int:
    return max(range(min(4, len(rows))), key=lambda i: sum(bool(cell.strip()) for cell in rows[i]))


# --- harmless: only the writing changes --------------------------------------------------------------------------------


def other_encoding(rows, rng):
    return write(rows, rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))


def other_delimiter(rows, rng):
    return write(rows, delimiter=rng.choice("\t;|"), quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))


def other_line_ends(rows, rng):
    return write(rows, quoting=csv.QUOTE_ALL, end=rng.choice(["\n", "\r\n"]))


def shuffled_columns(rows, rng):
    order = list(range(max(map(len, rows))))
    rng.shuffle(order)
    return write([[row[i] if i < len(row) else "" for i in order] for row in rows])


def header_again(rows, rng):
    at = header_at(rows)
    place = rng.randrange(at + 2, len(rows)) if len(rows) > at + 3 else len(rows)
    return write([*rows[:place], rows[at], *rows[place:]])


def header_in_other_dress(rows, rng):
    at = header_at(rows)
    dressed = [rng.choice([" {}", "{} ", "\t{}", "\u3000{}"]).format(cell) if cell else cell for cell in rows[at]]
    return write([*rows[:at], dressed, *rows[at + 1 :]])


def blank_lines(rows, rng):
    at = header_at(rows) + 1
    out = list(rows)
    for _ in range(3):
        out.insert(rng.randrange(at, len(out) + 1), rng.choice([[], [""] * len(rows[0]), ["  "]]))
    return write(out)


def strange_columns(rows, rng):
    """Columns nobody knows, full of formulas, HTML and emoji."""
    at = header_at(rows)
    texts = [
        '=HYPERLINK("http://x","中奖")',
        "<script>alert(1)</script>",
        "+86",
        "@SUM(A1)",
        "🙂\n第二行",
        '说"好"',
        "，；|\t",
    ]
    out = []
    for i, row in enumerate(rows):
        row = row + [""] * (len(rows[at]) - len(row))
        out.append([
            *row,
            "粉丝备注" if i == at else rng.choice(texts) if i > at else "",
            f"Zz{i}" if i == at else rng.choice(texts),
        ])
    return write(out)


# --- harmful: something is lost; each gives the bytes and the rows it spoilt ------------------------------------------------


def cut_short(rows, rng):
    data = write(rows, rng.choice(["utf-8", "gb18030"]))
    at = rng.randrange(len(data))
    ends = [
        len(write(rows[: n + 1], "gb18030" if data == write(rows, "gb18030") else "utf-8")) for n in range(len(rows))
    ]
    return data[:at], [n for n, end in enumerate(ends) if end > at + 2]


def flipped_bytes(rows, rng):
    data = bytearray(write(rows, rng.choice(["utf-8", "gb18030"])))
    for _ in range(rng.choice([1, 3, 30])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data), range(len(rows))  # a digit may have become another digit: nobody can tell


def stray_quote(rows, rng):
    at = rng.randrange(header_at(rows) + 1, len(rows))
    line = write(rows[at : at + 1], "utf-8").decode("utf-8")
    place = rng.randrange(len(line))
    spoilt = (line[:place] + '"' + line[place:]).encode("utf-8")
    return write(rows[:at], "utf-8") + spoilt + write(rows[at + 1 :], "utf-8"), [at]


def spoilt_cells(rows, rng):
    out, spoilt = [list(row) for row in rows], []
    at = header_at(rows)
    for _ in range(3):
        spoilt.append(rng.randrange(at + 1, len(out)))
        row = out[spoilt[-1]]
        if row:
            row[rng.randrange(len(row))] = rng.choice([
                "",
                "#REF!",
                "待定",
                "1.2E+17",
                "<b>x</b>",
                "=1+1",
                "2026-13-45",
                "\x00",
            ])
    return write(out), spoilt


def lost_cells(rows, rng):
    """Rows that lost a cell in the middle, so that everything after it has moved to the left."""
    out, spoilt = [list(row) for row in rows], []
    for _ in range(2):
        spoilt.append(rng.randrange(header_at(rows) + 1, len(out)))
        row = out[spoilt[-1]]
        if len(row) > 3:
            del row[rng.randrange(len(row))]
    return write(out), spoilt


HARMLESS = [
    other_encoding, other_delimiter, other_line_ends, shuffled_columns, header_again, header_in_other_dress, blank_lines,
    strange_columns,
]  # fmt: skip
HARMFUL = [cut_short, flipped_bytes, stray_quote, spoilt_cells, lost_cells]
# seeds: every recipe on every platform, more of those that differ much from seed to seed
TIMES = {cut_short: 3, flipped_bytes: 2, stray_quote: 2, spoilt_cells: 2, lost_cells: 1}


def test_there_are_enough_of_them():
    """At least 2,000; the summary of the run says how many were read."""
    assert len(MAKERS) * len(SEEDS) * (len(HARMLESS) + sum(TIMES.values())) >= 2000


def accounted(report: dict) -> bool:
    rows = report["rows"]
    aside = sum(each["rows"] for each in rows["set_aside"].values())
    return rows["read"] == rows["kept"] + rows["merged"]["rows"] + aside


def read(data: bytes, path):
    """What the reader makes of it: (imported, None) or (None, its sentence). Anything but a plain refusal escapes."""
    path.write_bytes(data)
    begun = time.perf_counter()
    try:
        found = read_orders(path), None
    except ImportProblem as problem:
        found = None, str(problem)
        assert len(found[1]) > 10 and "Error" not in found[1].split("：")[0], found[1]
    assert time.perf_counter() - begun < SLOW
    return found


@pytest.mark.parametrize("recipe", HARMLESS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("maker", MAKERS, ids=lambda each: each.__name__)
def test_harmless_changes_change_nothing(maker, recipe, tmp_path, record_property):
    export, rows = source(maker)
    record_property("damaged files", len(SEEDS))
    for seed in SEEDS:
        rng = random.Random(f"{maker.__name__} {recipe.__name__} {seed}")
        set_language(rng.choice(["zh", "en"]))
        imported, problem = read(recipe(rows, rng), tmp_path / export.name)
        assert imported, f"seed {seed}: {problem}"
        orders = imported.orders.set_index("order_id")
        assert {key: round(100 * orders.loc[key, "amount"]) for key in orders.index} == {
            key: true.net for key, true in export.orders.items()
        }, f"seed {seed}"
        assert orders["status"].to_dict() == {key: true.state for key, true in export.orders.items()}, f"seed {seed}"
        assert accounted(imported.report)


@pytest.mark.parametrize("recipe", HARMFUL, ids=lambda each: each.__name__)
@pytest.mark.parametrize("maker", MAKERS, ids=lambda each: each.__name__)
def test_harm_is_refused_or_accounted_for(maker, recipe, tmp_path, record_property):
    export, rows = source(maker)
    record_property("damaged files", len(SEEDS) * TIMES[recipe])
    for seed in range(len(SEEDS) * TIMES[recipe]):
        rng = random.Random(f"{maker.__name__} {recipe.__name__} {seed}")
        set_language(rng.choice(["zh", "en"]))
        data, spoilt = recipe(rows, rng)
        imported, _problem = read(data, tmp_path / export.name)
        if imported is None:
            continue
        assert accounted(imported.report), f"seed {seed}"
        assert imported.summary()
        hurt = " ".join("\t".join(rows[n]) for n in spoilt)
        found = imported.orders.set_index("order_id")["amount"]
        for key, true in export.orders.items():
            if key.lstrip("#") not in hurt:
                assert key in found, f"seed {seed}: {key} is lost"
                assert round(100 * found[key]) == true.net, f"seed {seed}: {key}"
