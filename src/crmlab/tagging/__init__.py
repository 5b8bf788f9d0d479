"""Tags: a catalogue that business people edit, tagged in one go, held against tags typed by hand, and kept fresh.

facts (a row a customer) -> read_catalogue (a table of rules) -> tag (a row a customer and tag) -> coverage, overlap,
conflicts, freshness. clean_manual and compare for tags typed by hand; lookalike for a tag by a model; for_wecom and
wecom_plan for what leaves the house.
"""

from crmlab.tagging.catalogue import TagProblem, read_catalogue, wecom_plan
from crmlab.tagging.fact_table import facts, listing
from crmlab.tagging.manual import clean_manual, compare, read_words
from crmlab.tagging.model import lookalike
from crmlab.tagging.tags import conflicts, coverage, for_wecom, freshness, overlap, tag

__all__ = [
    "TagProblem", "clean_manual", "compare", "conflicts", "coverage", "facts", "for_wecom", "freshness", "listing",
    "lookalike", "overlap", "read_catalogue", "read_words", "tag", "wecom_plan",
]  # fmt: skip
