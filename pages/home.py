"""What is this, what can be seen here, and where is the concept that I look for?"""

from pages.kit import frame
from pages.views.home import gallery

words = frame.open_home()
gallery.hero(words)
gallery.pages(words)
gallery.concepts(words)
