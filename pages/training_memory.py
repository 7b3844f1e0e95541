"""Where does the memory go?

What a training step keeps, by formulas for any shape of a model and counted for small ones; what checkpoints cost; and
what 16 bits make of gradients. Korthikanti et al. 2022; Rajbhandari et al. 2020; Micikevicius et al. 2018.
"""

from pages.kit import frame, view
from pages.views.training_memory import views

page = frame.open("training_memory")
view.show(page, views.VIEWS)
