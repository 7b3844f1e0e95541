"""The parts of the page ``token_splits``."""

from __future__ import annotations

from pages.views.token_splits import add, cut, template, train

VIEWS = {"cut": cut.VIEW, "train": train.VIEW, "template": template.VIEW, "add": add.VIEW}
