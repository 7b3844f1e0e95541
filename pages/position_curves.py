"""How does a model know the order?

Sinusoidal, rotary, ALiBi, T5 and learned positions, what they do in a real model, and what is left without any.
Vaswani et al. 2017 §3.5; Su et al. 2021; Press et al. 2022; Raffel et al. 2020; Peng et al. 2023; Kazemnejad et al.
2023.
"""

from pages.kit import frame, view
from pages.views.position_curves import views

page = frame.open("position_curves")
view.show(page, views.VIEWS, head=view.nothing)
