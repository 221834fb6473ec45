"""`flask accounts`: the first administrator, and accounts by script."""

import sys

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import AppGroup

from matching.accounts import rules, services
from matching.accounts.models import LinkPurpose
from matching.kernel.db import transaction
from matching.kernel.errors import AppError
from matching.kernel.permissions import Role
from matching.municipality.city import municipality

accounts = AppGroup("accounts", help="Make accounts.")


@accounts.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--ward", "wards", multiple=True, help="A coordinator's ward; none given: all.")
@click.option("--measure", "measures", multiple=True, type=int, help="A measure; none given: all.")
@click.option("--password-stdin", is_flag=True, help="Read the password; otherwise a link is mailed.")
def create(
    email: str, name: str, role: str, wards: tuple[str, ...], measures: tuple[int, ...], password_stdin: bool
) -> None:
    """Make an account; without a password its owner gets a link by mail."""
    city = municipality()
    if unknown := [ward for ward in wards if ward not in city.wards]:
        raise click.ClickException(f"区の名前が違います: {', '.join(unknown)}")
    if wrong := [measure for measure in measures if measure not in city.measures]:
        raise click.ClickException(f"取組は1〜4です: {wrong}")
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise click.ClickException(f"メールアドレスの形ではありません: {email}") from error
    hashed = services.hash_password(_password()) if password_stdin else ""
    coordinator = role == Role.COORDINATOR
    try:
        with transaction():
            services.create_account(
                None,
                email,
                name,
                roles=[] if role == Role.RESIDENT else [Role(role)],
                wards=(wards or city.wards) if coordinator else (),
                measures=(measures or city.measures) if coordinator else (),
                password_hash=hashed,
            )
            if not password_stdin:
                services.send_link(LinkPurpose.INVITATION, email)
    except AppError as error:
        raise click.ClickException(error.sentence) from error
    click.echo(f"作成しました: {email}")


def _password() -> str:
    password = sys.stdin.readline().rstrip("\n")
    least, most = rules.PASSWORD_LENGTH
    if not least <= len(password) <= most:
        raise click.ClickException(f"パスワードは{least}文字以上{most}文字以内にしてください。")
    return password
