"""The running index: rows become the engine's texts, and each process catches up before it searches."""

import gc
import json
import logging
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import ColumnElement, Engine, and_, select, true

from matching.engine.asked import Asked, Wish
from matching.engine.explaining import Hit
from matching.engine.index import Least, TfidfIndex, any_score
from matching.engine.meaning import HOME, Meaning
from matching.engine.several import Several
from matching.engine.thesaurus import Thesaurus
from matching.engine.topics import NAMING
from matching.kernel import events
from matching.kernel.db import db, written_out
from matching.matcher.models import IndexedText, IndexRevision, Kind
from matching.matcher.rules import BY_MEANING, BY_WORDS, Threshold
from matching.matcher.texts import Stored, joined, stored
from matching.registry.models import Offering
from matching.requests.models import SupportRequest
from matching.words import queries as words
from matching.words.models import ThesaurusVersion

SNAPSHOT = "index.npz"
MOST_WISHES = 20_000  # kept by a process: some 10 MB
AT_ONCE = 500  # texts; more are not asked for one by one
Key = tuple[Kind, str]
Result = TypeVar("Result")
Question = TypeVar("Question", bound=Wish | Asked)
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
    """One process's index of one database with its thesaurus, and the numbers they stand at."""

    def __init__(self, snapshot: Path) -> None:
        self._lock = threading.Lock()
        self._snapshot = snapshot
        self._index: TfidfIndex | None = None
        self._stamps: dict[Key, str] = {}
        self._wishes: dict[str, tuple[str | None, Wish]] = {}  # by request, with the stamp it had
        self._revision = self._kept_revision = -1
        self._thesaurus, self._version = Thesaurus(), 0
        self._several: tuple[object, Several, Mapping[Wish, int]] = None, Several.of((), 0), {}

    def catch_up(self) -> None:
        """Take in every committed change: one statement where there is none."""
        with self._lock:
            latest, version = _numbers()
            if version != self._version:
                self._thesaurus, self._version = Thesaurus(words.standing().values()), version
            index = self._started() if self._index is None else self._index
            if latest != self._revision:
                newer = IndexedText.revision > self._revision if latest > self._revision >= 0 else None
                for key, found in self._changed(newer):
                    self._take_in(index, key, found)
                if self._index is None:
                    gc.freeze()  # an index stays: no collection looks through it while somebody waits
                self._index, self._revision = index, latest

    def ranked(self, wish: Wish, limit: int, allowed: Collection[str]) -> list[tuple[str, float]]:
        """The best offerings (codes) with their scores."""
        return next(self.ranked_each([(wish, allowed)], limit))

    def ranked_each(
        self,
        asked: Iterable[tuple[Wish | Asked, Collection[str]]],
        limit: int,
        thesaurus: Thesaurus | None = None,
        least: Least = any_score,
    ) -> Iterator[list[tuple[str, float]]]:
        """`ranked` for each (wish, allowed). `thesaurus`: None is the one in force."""
        met = self._thesaurus if thesaurus is None else thesaurus
        return self._each(asked, lambda index, wish, codes: index.ranked(wish, limit, codes, met, least))

    def explained(self, wish: Wish, codes: Collection[str]) -> dict[str, Hit]:
        """Why these offerings meet the wish; those that do not are missing."""
        return {hit.id: hit for hit in next(self.search_each([(wish, codes)], max(len(codes), 1)))}

    def search_each(self, asked: Iterable[tuple[Wish, Collection[str]]], limit: int) -> Iterator[list[Hit]]:
        """`ranked_each` with the reasons."""
        return self._each(asked, lambda index, wish, codes: index.search(wish, limit, codes, self._thesaurus))

    def _each(
        self,
        asked: Iterable[tuple[Question, Collection[str]]],
        look: Callable[[TfidfIndex, Question, Collection[str]], list[Result]],
    ) -> Iterator[list[Result]]:
        for wish, allowed in asked:
            with self._lock:
                found = look(self._caught_up, wish, allowed)
            yield found

    def best_each(self, asked: Sequence[tuple[Wish, Collection[str]]]) -> list[tuple[str, float] | None]:
        """For each (wish, allowed) the best offering with its score; None: nothing meets it.

        For many wishes and few offerings: the wishes are kept as the index sees them, until it changes.
        """
        with self._lock:
            several, places = self._seen({wish for wish, _ in asked})
            scores = self._caught_up.scores(several, {code for _, codes in asked for code in codes})
        by_code = {code: values.tolist() for code, values in scores.items()}
        found: list[tuple[str, float] | None] = []
        for wish, codes in asked:
            met = ((-by_code[code][places[wish]], code) for code in codes if code in by_code)
            less, code = min(met, default=(0.0, ""))
            found.append((code, -less) if less < 0 else None)
        return found

    def _seen(self, wishes: Collection[Wish]) -> tuple[Several, Mapping[Wish, int]]:
        """These wishes and those kept before, and the place of each."""
        state = self._revision, self._version
        before, several, places = self._several
        if before != state or len(places) > MOST_WISHES:
            several, places = self._caught_up.several(()), {}
        if new := [wish for wish in wishes if wish not in places]:
            several = several.and_(self._caught_up.several(new, self._thesaurus))
            places = {**places, **{wish: at for at, wish in enumerate(new, len(places))}}
        self._several = state, several, places
        return several, places

    def asked_each(self, wishes: Iterable[Wish]) -> Iterator[Asked]:
        """The wishes as the index sees them: for who looks at them and ranks by them too."""
        asked: Iterable[tuple[Wish, Collection[str]]] = ((wish, ()) for wish in wishes)
        found = self._each(asked, lambda index, wish, _: [index.asked(wish, self._thesaurus)])
        return chain.from_iterable(found)

    def wishes(self, requests: Collection[str]) -> dict[str, Wish]:
        """What these requests (codes) ask for. What was read before and has not changed is not read again."""
        with self._lock:
            kept = {code: self._wishes[code] for code in requests if code in self._wishes}
            found = {
                code: wish
                for code, (stamp, wish) in kept.items()
                if stamp == self._stamps.get((Kind.REQUEST, code))
            }
        if unread := [code for code in requests if code not in found]:
            read = _wishes(unread)
            found |= {code: wish for code, (_, wish) in read.items()}
            with self._lock:
                if len(self._wishes) > MOST_WISHES:
                    self._wishes.clear()
                self._wishes |= {code: kept for code, kept in read.items() if kept[0] is not None}
        return found

    def topic(self, wish: Wish, number: int) -> list[str]:
        """The words that weigh most in a wish, as they are written: those of kanji or katakana alone."""
        with self._lock:
            asked = self._caught_up.asked(wish)
        found = sorted(asked.words, key=lambda word: -word.weight)
        return [word.surface for word in found if NAMING.fullmatch(word.surface)][:number]

    def keep(self) -> None:
        """Save what other processes may start from, where it has changed since it was last saved."""
        with self._lock:
            if self._kept_revision != self._revision:
                index = self._caught_up
                index.note = json.dumps([[kind, code, stamp] for (kind, code), stamp in self._stamps.items()])
                index.save(self._snapshot)
                self._kept_revision = self._revision

    @property
    def _caught_up(self) -> TfidfIndex:
        assert self._index is not None  # running() hands out none that has not caught up
        return self._index

    def _started(self) -> TfidfIndex:
        """The saved index, which `_changed` brings up to date; an empty one where none can be used."""
        try:
            index = TfidfIndex.load(self._snapshot, meaning=meaning())
            self._stamps = {(Kind(kind), code): stamp for kind, code, stamp in json.loads(index.note)}
        except (OSError, ValueError) as error:
            if not isinstance(error, FileNotFoundError):
                log.warning("the saved index cannot be used, it is made anew (%s)", type(error).__name__)
            index, self._stamps = TfidfIndex(meaning=meaning()), {}
        return index

    def _changed(self, newer: ColumnElement[bool] | None) -> Iterator[tuple[Key, Stored | None]]:
        """Texts that are not as the index has them. `newer`: those known to be so; None: compare them all."""
        which = true() if newer is None else newer
        if newer is None and self._stamps:
            stamps = select(IndexedText.kind, IndexedText.code, IndexedText.stamp)
            now = {(kind, code): stamp for kind, code, stamp in db.session.execute(stamps)}
            yield from ((key, None) for key in self._stamps.keys() - now.keys())
            other = [code for (kind, code), stamp in now.items() if self._stamps.get((kind, code)) != stamp]
            which = IndexedText.code.in_(other) if len(other) <= AT_ONCE else which
        yield from ((key, text) for key, text in _read(which) if self._stamps.get(key) != text.stamp)

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
    """This process's index of the application's database, with every committed change in it."""
    if db.engine not in _running:
        folder: Path = current_app.extensions["settings"].instance_path
        _running[db.engine] = Running(folder / SNAPSHOT)
    found = _running[db.engine]
    found.catch_up()
    return found


def _numbers() -> tuple[int, int]:
    """Of the index's last change and of the thesaurus', read before what they count."""
    numbers = select(  # each table has the one row
        select(IndexRevision.number).scalar_subquery(), select(ThesaurusVersion.number).scalar_subquery()
    )
    revision, version = db.session.execute(numbers).one()
    return revision or 0, version or 0


def _wishes(requests: Collection[str]) -> dict[str, tuple[str | None, Wish]]:
    """By request: what it asks for, and the stamp it stands at; None: its words are not kept."""
    request = SupportRequest
    rows = db.session.execute(
        select(request.code, IndexedText.stamp, request.must_have, request.nice_to_have)
        .add_columns(request.title, request.description, request.audience)
        .outerjoin(IndexedText, and_(IndexedText.kind == Kind.REQUEST, IndexedText.code == request.code))
        .where(request.code.in_(written_out(requests)))
    )
    return {code: (stamp, Wish(joined(*text) or "", must, nice)) for code, stamp, must, nice, *text in rows}


@events.erasure_committed.connect
def _keep_anew(_sender: object) -> None:
    """The saved file is written again without what was erased; where it cannot be, there is none."""
    folder: Path = current_app.extensions["settings"].instance_path
    for cut_off in folder.glob(f"{SNAPSHOT}.*"):  # of a process that was killed while it saved
        shutil.rmtree(cut_off, ignore_errors=True)
    try:
        running().keep()
    except OSError:
        (folder / SNAPSHOT).unlink(missing_ok=True)


def _read(which: ColumnElement[bool]) -> Iterator[tuple[Key, Stored]]:
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
        .execution_options(yield_per=AT_ONCE)
    )
    for kind, code, stamp, analyser, kept, *parts in rows:
        yield (kind, code), stored(stamp, analyser, kept, joined(*parts[:3]) or joined(*parts[3:]))
