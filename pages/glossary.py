"""What is it called, in English and in Chinese, and where is it seen?

Every term of the interface and of the question bank in one sentence, with the state of a page that shows it.
"""

from pages.kit import frame, view
from pages.views.glossary import views

page = frame.open("glossary")
view.show(page, views.VIEWS)
