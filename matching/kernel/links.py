"""Addresses in mails: always the installation's own, never taken from a request."""

from typing import cast

from flask import current_app


def absolute(path: str) -> str:
    """`/matches/…` → https://…/matches/…"""
    return cast(str, current_app.extensions["settings"].base_url) + path
