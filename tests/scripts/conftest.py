"""Scripts are run, not installed: their folder comes first on the path, as when they run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
