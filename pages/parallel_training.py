"""How do many machines train one model?

Schedules of a pipeline, who holds what and what travels, and the proof: real processes that train one tiny model in
every way and come to the same weights. Huang et al. 2019; Shoeybi et al. 2019; Rajbhandari et al. 2020; Narayanan et
al. 2021.
"""

from pages.kit import frame, view
from pages.views.parallel_training import views

page = frame.open("parallel_training")
view.show(page, views.VIEWS)
