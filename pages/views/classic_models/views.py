"""The views of ``classic_models``."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.calls import Call
from core.catalog import State
from core.catalog.classic_models import CHOSEN, OWN
from core.compute.classic_models import calls, judged, ngrams, states, transformer
from core.data.classic_corpora import MOST_BYTES
from core.figures.classic_models import ngrams as figures
from core.figures.classic_models import states as hidden
from core.models.specs import SpecError
from pages.kit import controls, models, own_text, prompt, reading
from pages.kit.frame import Opened
from pages.kit.text import plain
from pages.kit.view import Chart, Data, Found, Rows, View
