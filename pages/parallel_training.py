"""How long is a text?

The skeleton of a page: say here what it shows, and which papers it follows.
"""

from pages.kit import frame, view
from pages.views.parallel_training import views

page = frame.open("parallel_training")
view.show(page, views.VIEWS)
