"""`flask requests`."""

from flask.cli import AppGroup

from matching.kernel.importing import import_command
from matching.requests import imports

requests = AppGroup("requests", help="The requests' spreadsheet.")
requests.add_command(import_command(imports.HEADERS, imports.load))
