"""What could language models do before Transformers?

n-grams of order 1 to 5 and a hidden Markov model, counted and trained here and now, beside a Transformer on the same
text. Shannon 1948; Chen & Goodman 1999; Rabiner 1989.
"""

from pages.kit import frame, view
from pages.views.classic_models import views

page = frame.open("classic_models")
view.show(page, views.VIEWS)
