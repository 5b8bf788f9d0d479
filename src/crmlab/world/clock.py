"""Customer numbers and points of time, as every table writes them."""

import numpy as np

from crmlab.world.build import COMPANIES, START, World
from crmlab.world.days import HOURS
from crmlab.world.draw import Draw

MONTH = 30.4375  # days


def ids(world: World, numbers=None) -> np.ndarray:
    """Customer ids for customer numbers (all by default)."""
    letter = COMPANIES[world.company]["letter"]
    numbers = np.arange(world.customers) if numbers is None else numbers
    return np.array([f"{letter}{i:06d}" for i in range(1, world.customers + 1)], dtype=object)[numbers]


def moment(day, seconds) -> np.ndarray:
    """Local time from a day number and seconds of that day."""
    seconds = np.asarray(day, dtype="int64") * 86400 + np.asarray(seconds, dtype="int64")
    return START.astype("datetime64[us]") + seconds.astype("timedelta64[s]")


def joined_second(world: World) -> np.ndarray:
    """Second of the day at which each customer joined: later fractions of a day give later hours, none after 23:00."""
    by_hour = np.cumsum((0, *HOURS[world.company]))
    hours = np.interp(world.people.joined % 1, by_hour / by_hour[-1], np.arange(25))
    return np.floor(np.minimum(hours, 23) * 3600).astype(int)


def clock(world: World, draw: Draw, size: int) -> np.ndarray:
    """Seconds of the day, by the company's busy hours."""
    return draw.pick(HOURS[world.company], size) * 3600 + np.floor(draw.uniform(size, 0, 3600)).astype(int)
