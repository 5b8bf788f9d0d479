"""``python -m crmlab`` is ``crmlab``."""

import sys

from crmlab.cli import main

sys.exit(main())
