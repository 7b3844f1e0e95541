"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
COMPONENTS = ASSETS / "components"
DATA = ASSETS / "data"
EXAMPLES = ASSETS / "examples"
MODELS = ASSETS / "models"
TEXT = ASSETS / "text"
