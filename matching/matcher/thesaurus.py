"""The running thesaurus: each process makes its terms once, and again as soon as a change was committed."""

from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from matching.engine.thesaurus import Thesaurus
from matching.kernel.db import db
from matching.words import queries as words

_running: WeakKeyDictionary[Engine, tuple[int, Thesaurus]] = WeakKeyDictionary()


def current() -> Thesaurus:
    """The thesaurus in force in the application's database."""
    known = _running.get(db.engine)
    if known is None or known[0] != words.version():
        version, groups = words.current()
        _running[db.engine] = known = version, Thesaurus(groups)
    return known[1]
