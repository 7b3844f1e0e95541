"""Where does meaning live?

Words as points, analogies as steps, one word in two senses, two languages in one space, and how small vectors can be.
Mikolov et al. 2013 (analogies); Pennington et al. 2014 (GloVe); McInnes et al. 2018 (UMAP); Ethayarajh 2019.
"""

from pages.kit import frame, view
from pages.views.embedding_space import fields, views

page = frame.open("embedding_space")
view.show(page, views.VIEWS, head=fields.head)
