"""What will it say next, and what does temperature do?

The whole next-token distribution, what each sampling setting does to it, and how much each token of a text surprised
the model. Holtzman et al. 2020 (top-p); Keskar et al. 2019 (repetition penalty); Shannon 1948 (surprise).
"""

from pages.kit import frame, view
from pages.views.next_token import views

page = frame.open("next_token")
view.show(page, views.VIEWS, by="part", head=views.head)
