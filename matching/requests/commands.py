"""`flask requests`."""

from flask.cli import AppGroup

from matching.kernel.exporting import export_command
from matching.kernel.importing import import_command
from matching.requests import exports, imports

requests = AppGroup("requests", help="The requests' spreadsheet.")
requests.add_command(import_command(imports.HEADERS, imports.load))
requests.add_command(export_command(imports.HEADERS, exports.collect))
