"""The running index: rows become the engine's documents, and each process catches up before it searches."""

import threading
from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select, update

from matching.engine.index import Document, Hit, TfidfIndex
from matching.engine.thesaurus import Thesaurus
from matching.kernel import events
from matching.kernel.db import db
from matching.matcher.models import IndexRevision, OfferingChange
from matching.registry.models import Offering

THE_ROW = 1


class Running:
    """One process's index of one database, and the revision it stands at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = TfidfIndex()
        self._revision = 0

    def search(
        self, text: str, limit: int, allowed: set[str] | None = None, *, thesaurus: Thesaurus
    ) -> list[Hit]:
        """The engine's search, after every committed change has been taken in."""
        with self._lock:
            self._catch_up()
            return self._index.search(text, limit, allowed, thesaurus=thesaurus)

    def search_each(self, asked: Iterable[tuple[str, set[str]]], limit: int) -> Iterator[list[Hit]]:
        """One search for each (text, allowed); what has changed is taken in once, before the first."""
        with self._lock:
            self._catch_up()
        for text, allowed in asked:
            with self._lock:
                hits = self._index.search(text, limit, allowed)
            yield hits

    def _catch_up(self) -> None:
        latest = db.session.scalar(select(IndexRevision.number).where(IndexRevision.id == THE_ROW)) or 0
        if latest == self._revision:
            return
        if latest < self._revision:  # the database was replaced by an older one
            self._index, self._revision = TfidfIndex(), 0
        changed = db.session.execute(
            select(OfferingChange.offering, Offering)
            .outerjoin(Offering, Offering.code == OfferingChange.offering)
            .where(OfferingChange.revision > self._revision)
        )
        for code, offering in changed:
            if offering is None:
                self._index.remove(code)
            else:
                self._index.upsert(document(offering))
        self._revision = latest


_running: WeakKeyDictionary[Engine, Running] = WeakKeyDictionary()


def running() -> Running:
    """This process's index of the application's database."""
    return _running.setdefault(db.engine, Running())


def document(offering: Offering) -> Document:
    """The engine's document of an offering."""
    return Document(offering.code, {"title": offering.title, "body": offering.description})


@events.offering_changed.connect
def note_change(offering: Offering, **_news: object) -> None:
    """Number the change; the locked row makes the numbers follow the commits."""
    db.session.flush()
    number = db.session.scalar(
        update(IndexRevision)
        .where(IndexRevision.id == THE_ROW)
        .values(number=IndexRevision.number + 1)
        .returning(IndexRevision.number)
    )
    db.session.merge(OfferingChange(offering=offering.code, revision=number))
