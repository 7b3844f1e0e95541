"""Where do I begin, what can be seen here, and where is what I look for?"""

from pages.kit import frame
from pages.views.home import gallery, lookup

words = frame.open_home()
gallery.hero(words)
gallery.doors(words)
lookup.box(words)
gallery.pages(words)
lookup.concepts(words)
gallery.promises(words)
