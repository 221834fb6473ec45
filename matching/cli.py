"""What joins the parts for the command line: each package's commands."""

from flask import Flask


def join(app: Flask) -> None:
    """Register every package's commands."""
    from matching.accounts.commands import accounts  # noqa: PLC0415
    from matching.indicators.commands import indicators, survey, targets  # noqa: PLC0415
    from matching.matcher.commands import matcher  # noqa: PLC0415
    from matching.matches.commands import activities  # noqa: PLC0415
    from matching.ops import bench_book, bench_commands  # noqa: F401, PLC0415 – they belong to other groups
    from matching.ops.backup import backup, check, restore  # noqa: PLC0415
    from matching.ops.bench_pages import bench_pages  # noqa: PLC0415
    from matching.ops.commands import demo, worker  # noqa: PLC0415
    from matching.registry.commands import registry  # noqa: PLC0415
    from matching.requests.commands import requests  # noqa: PLC0415

    groups = (accounts, registry, requests, activities, targets, survey, matcher, indicators)
    for command in (*groups, worker, demo, backup, restore, check, bench_pages):
        app.cli.add_command(command)
