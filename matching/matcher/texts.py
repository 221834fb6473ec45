"""The words of texts: found when a text is saved, kept with what found them, found anew by the worker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select, update

from matching.engine import text as words_of
from matching.engine.asked import Wish
from matching.kernel import events
from matching.kernel.codes import new_code
from matching.kernel.db import db, transaction, written_out
from matching.matcher.models import IndexedText, IndexRevision, Kind
from matching.registry.models import Offering, Registrant
from matching.requests.models import SupportRequest
from matching.requests.standing import Texts

THE_ROW = 1
AT_ONCE = 200  # texts of one transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """A word as it is kept."""

    term: str
    surface: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A text's words, its stamp, and the text itself; None: it is gone."""

    words: Sequence[Kept]
    stamp: str
    text: str | None


def of_offering(offering: Offering | None) -> str | None:
    """What of an offering is searched."""
    return joined(offering.title, offering.description, offering.record_title) if offering else None


def of_request(request: Texts | None) -> str | None:
    """What of a request is matched, but for its musts and what would be nice."""
    return joined(request.title, request.description, request.audience) if request else None


def joined(*parts: str | None) -> str | None:
    """Parts of one text; None: its row is gone."""
    return None if parts[0] is None else "\n".join(part for part in parts if part)


def wish_of(request: Texts) -> Wish:
    """The request as the engine takes it."""
    return Wish(of_request(request) or "", request.must_have, request.nice_to_have)


def wishes_of(requests: Iterable[SupportRequest]) -> list[Wish]:
    """The same for many that looked for people: with the words kept for their texts."""
    wishes = {request.code: wish_of(request) for request in requests}
    rows = db.session.execute(
        select(IndexedText.code, IndexedText.words).where(
            IndexedText.kind == Kind.REQUEST,
            IndexedText.code.in_(written_out(wishes)),
            IndexedText.analyser == words_of.analyser_version(),
        )
    )
    known = {code: replace(wishes[code], words=[Kept(*word) for word in kept or ()]) for code, kept in rows}
    return list((wishes | known).values())


def stored(stamp: str, analyser: str, kept: Sequence[Sequence[str]] | None, text: str | None) -> Stored:
    """The words kept for a text; where another analyser found them, those that this one finds."""
    if text is not None and analyser != words_of.analyser_version():
        return Stored([Kept(word.term, word.surface) for word in words_of.analyse(text)], stamp, text)
    return Stored([Kept(*word) for word in kept or ()], stamp, text)


@events.offering_changed.connect
def note_offering(offering: Offering, **_news: object) -> None:
    """Keep the words of a new or changed offering."""
    db.session.flush()
    _note(Kind.OFFERING, offering.code, of_offering(offering))


@events.registrant_erased.connect
def forget_offerings(_registrant: Registrant, *, offerings: Sequence[str]) -> None:
    """Their words are gone: every process takes them out of its index before it searches."""
    for code in offerings:
        _note(Kind.OFFERING, code, None)


@events.request_changed.connect
def note_request(request: SupportRequest, **_news: object) -> None:
    """Keep the words of a request that looks for people."""
    db.session.flush()
    _note(Kind.REQUEST, request.code, of_request(request))


def find_anew() -> int:
    """Find the words of texts that another analyser or dictionary went through; returns how many."""
    done = 0
    while outdated := _outdated():
        with transaction():
            _number()  # the lock first: nobody saves a text between its being read and its words being kept
            for kind, code in outdated:
                _note(kind, code, _text(kind, code))
        done += len(outdated)
    return done


def _outdated() -> list[tuple[Kind, str]]:
    """Some of them: asked without the write lock."""
    rows = db.session.execute(
        select(IndexedText.kind, IndexedText.code)
        .where(IndexedText.analyser != words_of.analyser_version())
        .limit(AT_ONCE)
    )
    found = [(kind, code) for kind, code in rows]
    db.session.rollback()
    return found


def _text(kind: Kind, code: str) -> str | None:
    if kind is Kind.OFFERING:
        return of_offering(db.session.scalars(select(Offering).filter_by(code=code)).first())
    return of_request(db.session.scalars(select(SupportRequest).filter_by(code=code)).first())


def _note(kind: Kind, code: str, text: str | None) -> None:
    db.session.merge(
        IndexedText(
            kind=kind,
            code=code,
            revision=_number(),
            stamp=new_code(),
            analyser=words_of.analyser_version(),
            words=None if text is None else [[w.term, w.surface] for w in words_of.analyse(text)],
        )
    )


def _number() -> int:
    """The number of a change; the locked row makes the numbers follow the commits."""
    number: int = db.session.execute(
        update(IndexRevision)
        .where(IndexRevision.id == THE_ROW)
        .values(number=IndexRevision.number + 1)
        .returning(IndexRevision.number)
    ).scalar_one()
    return number
