"""What joins the parts for the command line: each package's commands."""

from flask import Flask


def join(app: Flask) -> None:
    """Register every package's commands."""
    from matching.accounts import commands as accounts  # noqa: PLC0415
    from matching.matcher import commands as matcher  # noqa: PLC0415
    from matching.ops import commands as ops  # noqa: PLC0415

    for command in (accounts.accounts, matcher.matcher, ops.worker):
        app.cli.add_command(command)
