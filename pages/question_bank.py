"""What is asked in interviews, and what would one answer?

Every question on language models with a short and a long answer, what is often said wrong, a number that is recomputed,
and the state of a page that shows it. A quiz repeats what was not known (SM-2, Woźniak 1990), in the browser alone.
"""

from pages.kit import frame, view
from pages.views.question_bank import views

page = frame.open("question_bank")
view.show(page, views.VIEWS)
