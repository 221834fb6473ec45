"""The application, for gunicorn and `flask`."""

import gc

from matching import create_app

app = create_app()
gc.freeze()  # what was made at the start stays: no collection looks through it while somebody waits
