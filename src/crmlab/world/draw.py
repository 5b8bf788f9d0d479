"""Random numbers that stay the same between numpy versions and platforms.

Only ``Generator.random`` is drawn (53-bit uniforms of PCG64, whose stream numpy keeps); every other distribution is
transformed from it here, and whatever is made of it is rounded to days, seconds or cents before it is stored.
"""

from zlib import crc32

import numpy as np


class Draw:
    """One named stream of a seed: a new table maker takes a new name and leaves all other streams as they were."""

    def __init__(self, seed: int, name: str):
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(name.encode())])))

    def uniform(self, size, low=0.0, high=1.0):
        return low + (high - low) * self._generator.random(size)

    def chance(self, probability, size):
        return self._generator.random(size) < probability

    def normal(self, size, mean=0.0, sd=1.0):
        """Box-Muller."""
        radius = np.sqrt(-2 * np.log1p(-self._generator.random(size)))
        return mean + sd * radius * np.cos(2 * np.pi * self._generator.random(size))

    def lognormal(self, size, sigma, median=1.0):
        return median * np.exp(self.normal(size, sd=sigma))

    def exponential(self, size, mean=1.0):
        return -mean * np.log1p(-self._generator.random(size))

    def pick(self, weights, size):
        """Index drawn with the given weights (one row of weights for all)."""
        cumulative = np.cumsum(weights) / np.sum(weights)
        return np.minimum(np.searchsorted(cumulative, self._generator.random(size), side="right"), len(weights) - 1)

    def pick_rows(self, weights):
        """Index drawn per row of a 2-d array of weights."""
        cumulative = np.cumsum(weights, axis=1)
        level = self._generator.random(len(weights)) * cumulative[:, -1]
        return np.minimum((cumulative <= level[:, None]).sum(axis=1), weights.shape[1] - 1)

    def poisson(self, rate):
        """Poisson counts by inversion; ``rate`` is an array of small rates (below about 30)."""
        level = self._generator.random(len(rate))
        term = np.exp(-rate)
        total, count = term.copy(), np.zeros(len(rate), dtype=np.int64)
        for k in range(1, 80):
            open_ = level > total
            if not open_.any():
                break
            count[open_] = k
            term = term * rate / k
            total += term
        return count
