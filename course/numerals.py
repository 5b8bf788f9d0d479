"""The numbers of a Chinese or English text, in digits or in words, brought to plain values.

万 and 亿, months (六月, June), 折 (8 折 pays 80 %, so it is 20 % off), 成 (tenths) and small numbers in words are read.
"""
# ruff: noqa: SIM905  (words to split read better than a list of quoted words)

import re

DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
UNITS = (
    "zero one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
MONTHS = "january february march april may june july august september october november december".split()
WORDS = {w: i for i, w in enumerate(UNITS)} | {w: 10 * i for i, w in enumerate(TENS, 2)}
WORDS |= {w: i for i, w in enumerate(ORDINALS, 1)} | {w + "s": i for i, w in enumerate(ORDINALS, 1)}
WORDS |= {"once": 1, "single": 1, "twice": 2, "double": 2, "both": 2, "half": 50, "halves": 50, "dozen": 12}
WORDS |= {w + "fold": n for w, n in WORDS.items()}
BIG = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
BIG |= {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}


def _han_number(text: str) -> float:
    if not set(text) & set(SCALES):
        return float("".join(str(DIGITS[sign]) for sign in text))  # 八五 in 八五折, 二〇二六
    total = part = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif SCALES[sign] < 10_000:
            part, digit = part + (digit or 1) * SCALES[sign], 0
        elif sign == "万":
            total, part, digit = total + (part + digit) * SCALES[sign], 0, 0
        else:
            total, part, digit = (total + part + digit) * SCALES[sign], 0, 0
    return total + part + digit


def chinese(text: str) -> tuple[list[set[float]], set[float]]:
    """(the numbers written in digits, each as the set of values it may have in English; every number there is)."""
    digits: list[set[float]] = []
    for number, scale, unit in re.findall(r"(\d[\d,]*(?:\.\d+)?) ?([百千]?[万亿]?)[多余]? ?(折|成)?", text):
        value = float(number.replace(",", ""))
        for sign in scale:
            value *= SCALES[sign]
        values = {value}
        if unit == "折":  # 8 折 pays 80 %, 85 折 pays 85 %: twenty and fifteen per cent off
            pays = value * 10 if value < 10 else value
            values = {pays, 100 - pays}
        elif unit == "成":
            values = {value * 10}
        digits.append({round(v, 6) for v in values})
    known = set().union(*digits) if digits else set()
    signs = "".join([*DIGITS, *SCALES])
    for number, unit in re.findall(rf"([{signs}]+)(折|成)?", text):
        value = _han_number(number)
        if not set(number) & set(SCALES):  # 二八定律 is the 80 to 20 rule
            known |= {DIGITS[sign] * tens for sign in number for tens in (1, 10)}
        tenths = value if value > 10 else value * 10
        known |= {value, *((tenths, 100 - tenths) if unit else ())}
    if "半" in text:
        known |= {50, 0.5}
    return digits, known


def english(text: str) -> tuple[list[set[float]], set[float]]:
    """As `chinese`, for English."""
    text = text.lower()
    digits = [
        {round(float(number.replace(",", "")) * BIG.get(scale, 1), 6)}
        for number, scale in re.findall(r"(\d[\d,]*(?:\.\d+)?)(?:[- ]?(thousand|million|billion|k|m|bn)\b)?", text)
    ]
    known = set().union(*digits) if digits else set()
    total = part = 0
    running = False
    for word in [*re.findall(r"[a-z]+|[^a-z\s-]", text), "."]:
        if word in BIG and running:
            part = part * BIG[word]
            if BIG[word] >= 1_000:
                total, part = total + part, 0
        elif word in WORDS:
            known.add(WORDS[word])
            if running and not (part % 10 == 0 and 20 <= part % 100 <= 90 and WORDS[word] < 10) and part % 100:
                known.add(total + part)
                total = part = 0
            part, running = part + WORDS[word], True
        elif word == "and" and running:
            continue
        elif running:
            known.add(total + part)
            total = part = 0
            running = False
    known |= {float(MONTHS.index(word) + 1) for word in re.findall(r"[a-z]+", text) if word in MONTHS}
    return digits, known
