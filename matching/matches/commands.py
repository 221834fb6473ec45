"""`flask activities`."""

from flask.cli import AppGroup

from matching.kernel.importing import import_command
from matching.matches import imports

activities = AppGroup("activities", help="The spreadsheet of what was already done.")
activities.add_command(import_command(imports.HEADERS, imports.load))
