"""`flask registry`."""

from flask.cli import AppGroup

from matching.kernel.importing import import_command
from matching.registry import imports

registry = AppGroup("registry", help="The registry's spreadsheet.")
registry.add_command(import_command(imports.HEADERS, imports.load))
