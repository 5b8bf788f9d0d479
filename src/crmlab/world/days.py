"""The calendar: holidays, promotions, events, and how strongly a day invites a purchase."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, START, World, table

HOLIDAYS = {
    "national_day": ("2024-10-01/2024-10-07", "2025-10-01/2025-10-08"),
    "new_year": ("2025-01-01/2025-01-01", "2026-01-01/2026-01-03"),
    "spring_festival": ("2025-01-28/2025-02-04", "2026-02-15/2026-02-23"),
    "qingming": ("2025-04-04/2025-04-06", "2026-04-04/2026-04-06"),
    "labour_day": ("2025-05-01/2025-05-05", "2026-05-01/2026-05-05"),
    "dragon_boat": ("2025-05-31/2025-06-02", "2026-06-19/2026-06-21"),
    "mid_autumn": ("2024-09-15/2024-09-17",),
}
PROMOTIONS = {
    "double11": ("2024-11-08/2024-11-11", "2025-11-08/2025-11-11"),
    "double12": ("2024-12-12/2024-12-12", "2025-12-12/2025-12-12"),
    "mid_year": ("2025-06-16/2025-06-18", "2026-06-16/2026-06-18"),
    "new_year_stock": ("2025-01-16/2025-01-18", "2026-02-04/2026-02-06"),
    "womens_day": ("2025-03-06/2025-03-08", "2026-03-06/2026-03-08"),
}
EVENTS = {
    "yunmu": {"stock_out": "2025-09-08/2025-09-28", "competitor_launch": "2025-05-06/2025-06-04"},
    "morningcup": {"app_outage": "2025-11-12/2025-11-18", "competitor_launch": "2025-06-03/2025-07-02"},
}
WEEKDAY = {"yunmu": (0.9, 0.9, 0.95, 0.95, 1.05, 1.25, 1.2), "morningcup": (1.15, 1.15, 1.15, 1.12, 1.1, 0.75, 0.6)}

# share of purchases by hour of the day
HOURS = {
    "yunmu": (
        0.5,
        0.2,
        0.1,
        0.1,
        0.1,
        0.2,
        0.6,
        1.4,
        2.6,
        4.2,
        5.4,
        5.2,
        5.0,
        4.4,
        4.2,
        4.3,
        4.4,
        4.2,
        4.2,
        5.4,
        7.2,
        8.0,
        5.6,
        2.0,
    ),
    "morningcup": (
        0,
        0,
        0,
        0,
        0,
        0.2,
        1.2,
        6.0,
        13.0,
        10.0,
        5.0,
        4.0,
        5.0,
        7.5,
        6.0,
        5.0,
        4.0,
        3.0,
        2.4,
        2.0,
        1.4,
        0.6,
        0.1,
        0,
    ),
}


def dates() -> pd.DatetimeIndex:
    return pd.date_range(START, periods=DAYS, freq="D", unit="us")


def span(text: str) -> tuple[int, int]:
    """First and last day number of "from/to"."""
    first, last = (np.datetime64(day) for day in text.split("/"))
    return int((first - START).astype(int)), int((last - START).astype(int))


@table("calendar")
def calendar(world: World) -> pd.DataFrame:
    frame = pd.DataFrame({"date": dates(), "holiday": "", "promo": "", "event": ""})
    for column, spans in (("holiday", HOLIDAYS), ("promo", PROMOTIONS), ("event", EVENTS[world.company])):
        for code, texts in spans.items():
            for text in [texts] if isinstance(texts, str) else texts:
                first, last = span(text)
                frame.loc[first:last, column] = code
    return frame.replace("", None)


def appeal(world: World) -> np.ndarray:
    """How strongly each day invites a purchase: weekday, promotions, holidays (an array of length DAYS)."""
    frame = world["calendar"]
    weight = np.array(WEEKDAY[world.company])[frame["date"].dt.day_of_week.to_numpy()]
    if world.company == "yunmu":
        weight = weight * np.where(frame["promo"].notna(), 3.2, 1.0)
        return weight * np.where(frame["holiday"].eq("spring_festival"), 0.55, 1.0)
    weight = weight * np.where(frame["promo"].notna(), 1.25, 1.0)
    weight = weight * np.where(frame["holiday"].notna(), 0.65, 1.0)
    return weight * np.where(frame["holiday"].eq("spring_festival"), 0.5, 1.0)
