"""What belongs in the gap, seen from both sides?

A masked model and a causal model fill the same gaps; how the gaps are drawn for training; whether one sentence follows
another; pseudo-perplexity. Devlin et al. 2019 §3.1; Liu et al. 2019 §4; Salazar et al. 2020; Kauf & Ivanova 2023.
"""

from pages.kit import frame, view
from pages.views.masked_words import views

page = frame.open("masked_words")
view.show(page, views.VIEWS, head=views.head)
