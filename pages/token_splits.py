"""How is text cut, and what does it cost?

One text in several vocabularies; a vocabulary trained step by step; what a model gets besides the text; new words.
Sennrich et al. 2016 (BPE); Kudo 2018 (Unigram); Petrov et al. 2023 (unfairness between languages); Hewitt 2021 and
Gee et al. 2022 (new words).
"""

from pages.kit import frame, view
from pages.views.token_splits.views import VIEWS

page = frame.open("token_splits")
view.show(page, VIEWS, by="part", head=view.head("part"))
