"""The running index: rows become the engine's texts, and each process catches up before it searches."""

import json
import logging
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import Engine, and_, select

from matching.engine.asked import Wish
from matching.engine.explaining import Hit
from matching.engine.index import TfidfIndex
from matching.engine.meaning import HOME, Meaning
from matching.engine.thesaurus import Thesaurus
from matching.kernel import events
from matching.kernel.db import db
from matching.matcher.models import IndexedText, IndexRevision, Kind
from matching.matcher.rules import BY_MEANING, BY_WORDS, Threshold
from matching.matcher.texts import THE_ROW, Stored, joined, stored
from matching.registry.models import Offering
from matching.requests.models import SupportRequest

SNAPSHOT = "index.npz"
TOPIC = re.compile(r"[一-鿿々ァ-ヴー]{2,}")
AT_ONCE = 500  # codes in one statement
Key = tuple[Kind, str]
Result = TypeVar("Result")
log = logging.getLogger(__name__)


@cache
def meaning() -> Meaning | None:
    """This installation's word vectors, loaded with the first search; None (said in the log): words alone."""
    found = Meaning.load(HOME)
    if found is None:
        log.warning("no word vectors: ranking by words alone. `flask matcher prepare` makes them")
    return found


def threshold() -> Threshold:
    """From which scores this installation's ranking finds somebody suitable."""
    return BY_MEANING if meaning() else BY_WORDS


class Running:
    """One process's index of one database, and the revision it stands at."""

    def __init__(self, snapshot: Path) -> None:
        self._lock = threading.Lock()
        self._snapshot = snapshot
        self._index: TfidfIndex | None = None
        self._stamps: dict[Key, str] = {}
        self._revision = self._kept_revision = -1

    def ranked(
        self, wish: Wish, limit: int, allowed: Collection[str], *, thesaurus: Thesaurus
    ) -> list[tuple[str, float]]:
        """The best offerings (codes) with their scores, after every committed change has been taken in."""
        return next(self.ranked_each([(wish, allowed)], limit, thesaurus=thesaurus))

    def ranked_each(
        self, asked: Iterable[tuple[Wish, Collection[str]]], limit: int, *, thesaurus: Thesaurus
    ) -> Iterator[list[tuple[str, float]]]:
        """`ranked` for each (wish, allowed); what has changed is taken in once, before the first."""
        return self._each(asked, lambda index, wish, codes: index.ranked(wish, limit, codes, thesaurus))

    def explained(self, wish: Wish, codes: Collection[str], *, thesaurus: Thesaurus) -> dict[str, Hit]:
        """Why these offerings meet the wish; those that do not are missing."""
        with self._lock:
            hits = self._current().search(wish, max(len(codes), 1), codes, thesaurus)
        return {hit.id: hit for hit in hits}

    def search_each(
        self, asked: Iterable[tuple[Wish, Collection[str]]], limit: int, *, thesaurus: Thesaurus
    ) -> Iterator[list[Hit]]:
        """The same with the reasons."""
        return self._each(asked, lambda index, wish, codes: index.search(wish, limit, codes, thesaurus))

    def _each(
        self,
        asked: Iterable[tuple[Wish, Collection[str]]],
        look: Callable[[TfidfIndex, Wish, Collection[str]], list[Result]],
    ) -> Iterator[list[Result]]:
        with self._lock:
            index = self._current()
        for wish, allowed in asked:
            with self._lock:
                found = look(index, wish, allowed)
            yield found

    def topic(self, wish: Wish, number: int) -> list[str]:
        """The words that weigh most in a wish, as they are written: those of kanji or katakana alone."""
        with self._lock:
            asked = self._current().asked(wish)
        found = sorted(asked.words, key=lambda word: -word.weight)
        return [word.surface for word in found if TOPIC.fullmatch(word.surface)][:number]

    def keep(self) -> None:
        """Save what other processes may start from, where it has changed since it was last saved."""
        with self._lock:
            index = self._current()
            if self._kept_revision != self._revision:
                index.note = json.dumps([[kind, code, stamp] for (kind, code), stamp in self._stamps.items()])
                index.save(self._snapshot)
                self._kept_revision = self._revision

    def _current(self) -> TfidfIndex:
        latest = db.session.scalar(select(IndexRevision.number).where(IndexRevision.id == THE_ROW)) or 0
        index = self._started() if self._index is None else self._index
        if latest != self._revision:
            newer = IndexedText.revision > self._revision if latest > self._revision >= 0 else None
            for key, found in self._changed(newer):
                self._take_in(index, key, found)
            self._index, self._revision = index, latest
        return index

    def _started(self) -> TfidfIndex:
        """The saved index, which `_changed` brings up to date; an empty one where none can be used."""
        try:
            index = TfidfIndex.load(self._snapshot, meaning=meaning())
            self._stamps = {(Kind(kind), code): stamp for kind, code, stamp in json.loads(index.note)}
        except FileNotFoundError:
            index = TfidfIndex(meaning=meaning())
        except (OSError, ValueError) as error:
            log.warning("the saved index cannot be used, it is made anew (%s)", type(error).__name__)
            index, self._stamps = TfidfIndex(meaning=meaning()), {}
        return index

    def _changed(self, newer: Any) -> Iterator[tuple[Key, Stored | None]]:
        """Texts that are not as the index has them. `newer`: those known to be so; None: compare them all."""
        if newer is None:
            stamps = select(IndexedText.kind, IndexedText.code, IndexedText.stamp)
            now = {(kind, code): stamp for kind, code, stamp in db.session.execute(stamps)}
            yield from ((key, None) for key in self._stamps.keys() - now.keys())
            other = [code for (kind, code), stamp in now.items() if self._stamps.get((kind, code)) != stamp]
            for first in range(0, len(other), AT_ONCE):
                yield from _read(IndexedText.code.in_(other[first : first + AT_ONCE]))
        else:
            yield from _read(newer)

    def _take_in(self, index: TfidfIndex, key: Key, found: Stored | None) -> None:
        kind, code = key
        if found is None:
            self._stamps.pop(key, None)
        else:
            self._stamps[key] = found.stamp
        if kind is Kind.REQUEST:
            index.put_request(code, {word.term for word in found.words} if found else ())
        elif found is None or found.text is None:
            index.remove(code)
        else:
            index.put(code, found.words, found.text)


_running: WeakKeyDictionary[Engine, Running] = WeakKeyDictionary()


def running() -> Running:
    """This process's index of the application's database."""
    if db.engine not in _running:
        folder: Path = current_app.extensions["settings"].instance_path
        _running[db.engine] = Running(folder / SNAPSHOT)
    return _running[db.engine]


@events.erasure_committed.connect
def _keep_anew(_sender: object) -> None:
    """The saved file is written again without what was erased; where it cannot be, there is none."""
    try:
        running().keep()
    except OSError:
        (current_app.extensions["settings"].instance_path / SNAPSHOT).unlink(missing_ok=True)


def _read(which: Any) -> Sequence[tuple[Key, Stored]]:
    """These texts with the words kept for them, or found now where another analyser found those.

    Columns, not entities: what this session read before may be older.
    """
    rows = db.session.execute(
        select(
            IndexedText.kind,
            IndexedText.code,
            IndexedText.stamp,
            IndexedText.analyser,
            IndexedText.words,
            Offering.title,
            Offering.description,
            Offering.record_title,
            SupportRequest.title,
            SupportRequest.description,
            SupportRequest.audience,
        )
        .outerjoin(Offering, and_(IndexedText.kind == Kind.OFFERING, Offering.code == IndexedText.code))
        .outerjoin(
            SupportRequest,
            and_(IndexedText.kind == Kind.REQUEST, SupportRequest.code == IndexedText.code),
        )
        .where(which)
        .order_by(IndexedText.kind, IndexedText.code)
    )
    return [
        ((kind, code), stored(stamp, analyser, kept, joined(*parts[:3]) or joined(*parts[3:])))
        for kind, code, stamp, analyser, kept, *parts in rows
    ]
