"""The synthetic world: two fictional companies, made by one seeded generator from stated processes."""

from crmlab.world.build import COMPANIES, World, make_world, write_world

__all__ = ["COMPANIES", "World", "make_world", "write_world"]
