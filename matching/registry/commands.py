"""`flask registry`."""

import click
from flask import current_app
from flask.cli import AppGroup

from matching.kernel.db import transaction
from matching.kernel.exporting import export_command
from matching.kernel.importing import import_command
from matching.registry import exports, imports, queries
from matching.registry.services import erasing

registry = AppGroup("registry", help="The registry's spreadsheet.")
registry.add_command(import_command(imports.HEADERS, imports.load))
registry.add_command(export_command(imports.HEADERS, exports.collect))


@registry.command()
@click.argument("code", required=False)
@click.option("--again", is_flag=True, help="After a restore: erase everybody on the list once more.")
def erase(code: str | None, again: bool) -> None:
    """Erase what is personal about the registrant with this CODE; counts and the ledger stay."""
    settings = current_app.extensions["settings"]
    if again:
        click.echo(f"{erasing.erase_again(settings.instance_path, settings.mail_url)}人の情報を消去しました")
        return
    registrant = queries.registrant_by_code(code or "")
    if registrant is None:
        raise click.ClickException(f"登録者が見つかりません: {code}")
    with transaction():
        done = erasing.erase(None, registrant)
    erasing.clean_up(settings.instance_path, settings.mail_url, done)
    click.echo("消去しました")
