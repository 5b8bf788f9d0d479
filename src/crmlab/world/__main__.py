"""``python -m crmlab.world`` rewrites the shipped companies in the repository's ``datasets/``, byte for byte."""

from pathlib import Path

from crmlab.world import COMPANIES, make_world, write_world

DATASETS = Path(__file__).resolve().parents[3] / "datasets"

for company in COMPANIES:
    for path in write_world(make_world(company), DATASETS / company):
        print(path.relative_to(DATASETS).as_posix(), path.stat().st_size)
