"""Watch it learn.

Small Transformers along their training: losses beside what they write, runs raced against one another, faults to be
spotted from curves, a search of hyper-parameters.
"""

from pages.kit import frame, view
from pages.views.training_lab import views

page = frame.open("training_lab")
view.show(page, views.VIEWS, by="part")
