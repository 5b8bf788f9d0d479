"""Worlds shared by the tests: each is made once a process, and only the tables that a test asks for."""

from functools import cache

import numpy as np

from crmlab.world import COMPANIES, build

COUNTED = ["paid", "shipped", "completed", "part_refunded", "disputed"]
SIZES_AND_SEEDS = [(c, n, s) for c in COMPANIES for n, s in ((200, 1), (1500, 2), (4000, 3))]


@cache
def world(company, customers=None, seed=None, effects_off=()):
    shipped = COMPANIES[company]
    return build.World(company, customers or shipped["customers"], seed or shipped["seed"], effects_off)


def counted(tables):
    orders = tables["orders"]
    return orders[orders["status"].isin(COUNTED) & (orders["amount"] > 0)]


def detectable(p, n, factor=2.8):
    """Smallest rise of a rate p seen with n an arm (two-sided 5%, power 80%)."""
    rises = np.linspace(0.001, 0.5, 500)
    spread = np.sqrt((p * (1 - p) + np.clip(p + rises, 0, 1) * (1 - np.clip(p + rises, 0, 1))) / n)
    return rises[np.argmax(rises >= factor * spread)]
