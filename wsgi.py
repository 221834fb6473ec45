"""The application, for gunicorn and `flask`."""

from matching import create_app

app = create_app()
