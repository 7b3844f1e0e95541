"""Which words does each head look at?

All heads of a model at a glance and one head closely; attention followed through the layers; what wakes a head that
rests; BertViz; an encoder-decoder's look at its source; one head on two texts.
Vaswani et al. 2017 §3.2 (scaled dot-product attention, heads); Olsson et al. 2022 (induction heads); Abnar & Zuidema
2020 (rollout); Clark et al. 2019 (resting heads); Vig 2019 (BertViz); Bahdanau et al. 2015 (attention to a source).
"""

from pages.kit import frame, view
from pages.views.attention_heads.views import VIEWS

page = frame.open("attention_heads")
view.show(page, VIEWS, by="part", head=view.head("part"), follow="part")
