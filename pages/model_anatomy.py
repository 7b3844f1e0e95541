"""What happens between text in and text out?

The visitor's text flowing through the real model, from the whole network down to one number; its masks; what the
residual stream holds on the way. Vaswani et al. 2017 (Transformer); Xiong et al. 2020 (pre- and post-norm); Ainslie
et al. 2023 (grouped queries).
"""

from pages.kit import frame, view
from pages.views.model_anatomy.views import VIEWS

page = frame.open("model_anatomy")
view.show(page, VIEWS, head=view.head("view"))
