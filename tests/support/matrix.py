"""State × verb × person over HTTP: a table says what may happen; what is left out is refused, no row changes.

A line of a table is `verb [where] | path | who | moves | typed`. Where: `[stage]` or `[not stage]`; in other
programmes the verb has no move. Moves: `offered → accepted`; `open filled stay`: done, the state stays;
`* stay`: so in every other state; `idle`: in every state a redirect that changes nothing.
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from matching.accounts.models import Account, AccountRole
from matching.kernel.db import Base, db
from matching.kernel.permissions import Role
from matching.municipality.city import municipality
from tests.factories import WARD, make_account, make_coordinator, make_organisation, make_requester

SOAK = "ROUNDS" in os.environ
# Programmes that differ in a rule: a term, for staff only; turned round; a credential; minors.
SAMPLE = ("women_talent", "stage", "bosaishi", "school_support")
PREFIXES = {
    "M": "/matches/{match}",
    "R": "/requests/{request}",
    "G": "/registry/registrations/{registration}",
}
PEOPLE = (
    *("anonymous", "person", "another person", "requester", "requester of another organisation"),
    *("coordinator", "member", "coordinator of another ward", "coordinator of another measure"),
    *("auditor", "admin"),
)
WHO: Mapping[str, set[str]] = {
    "person": {"person"},
    "requester": {"requester", "member"},
    "coordinator": {"coordinator", "member"},
    "outsider": {"coordinator"},  # a coordinator who does not speak for the requesting organisation
    "ward-coordinator": {"coordinator", "member", "coordinator of another measure"},
    "admin": {"admin"},
    "anybody": set(PEOPLE),  # who has the link
}
HIDDEN = {("coordinator", "draft"), ("outsider", "draft")}  # its writers' own until sent
Codes = Mapping[str, Any]
Pair = tuple[str, str]  # verb, person


def people(programme: str) -> dict[str, Account | None]:
    """Everybody who stands differently to a request or a registration of this programme in WARD."""
    city = municipality()
    measure, elsewhere, member = city.programmes[programme].measure, make_requester(), make_coordinator()
    make_organisation(elsewhere)
    member.role_rows.append(AccountRole(role=Role.REQUESTER))
    accounts = (
        *(None, make_account(), make_account(), make_requester(), elsewhere),
        *(make_coordinator(), member),
        make_coordinator(wards=[ward for ward in city.wards if ward != WARD]),
        make_coordinator(measures=[number for number in city.measures if number != measure]),
        *(make_account(Role.AUDITOR), make_account(Role.ADMIN)),
    )
    return dict(zip(PEOPLE, accounts, strict=True))


@dataclass
class Verb:
    """One act as it stands for one programme: who moves what from where to where."""

    path: str
    typed: str
    idle: bool
    differs: bool  # from programme to programme
    who: set[str]
    moves: dict[tuple[str, str], str]  # person, state → state

    def post(self, browser: Any, codes: Codes) -> Any:
        words = (word.format(**codes).partition("=") for word in self.typed.split())
        typed = {key: value for key, _, value in words if value}
        return browser.open(self.path.format(**codes), method="POST", data=typed)

    def refuses(self, answer: Any, name: str, state: str) -> bool:
        """Whether this is how somebody is told no; a repeat may be shown the result."""
        repeat = answer.status_code == 303 and (self.idle or state in self.moves.values())
        if name == "member":  # sees by one relation what is refused by the other
            return answer.status_code in {403, 404, 409, 422} or (name in self.who and repeat)
        if name in self.who:  # 422: the page no longer offers what was typed
            return answer.status_code in {404, 409, 422} or repeat
        if name == "anonymous":
            return answer.status_code == 303 and "/sign-in" in answer.location
        return answer.status_code in {403, 404}


def read_table(text: str, states: Collection[str], programme: str) -> dict[str, Verb]:
    """The verbs of a table by name, with the moves they have in this programme."""
    found: dict[str, Verb] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        title, path, whose, moves, typed = (part.strip() for part in line.split("|"))
        name, _, where = title.rstrip("]").partition(" [")
        prefix, _, rest = path.partition("/")
        address = f"{PREFIXES.get(prefix, prefix)}/{rest}"
        verb = found.setdefault(name, Verb(address, typed, moves.endswith("idle"), bool(where), set(), {}))
        holds = not where or (where.split()[-1] == programme) is not where.startswith("not ")
        for who in whose.split():
            verb.who |= WHO[who]
            for state, after in _moves(moves, states).items() if holds else ():
                if (who, state) not in HIDDEN:
                    verb.moves |= {(one, state): after for one in WHO[who]}
    return found


def _moves(text: str, states: Collection[str]) -> dict[str, str]:
    moves: dict[str, str] = {}
    for part in filter(None, text.removesuffix("idle").split(";")):
        before, _, after = part.partition("→")
        named = before.removesuffix(" stay").split()
        for state in states if named == ["*"] else named:
            moves.setdefault(state, after.strip() or state)
    return moves


@contextmanager
def one_connection() -> Iterator[Connection]:
    """What anybody commits meanwhile is a savepoint of one transaction, which is undone at the end."""
    engine = db.engine
    db.session.remove()
    with engine.connect() as connection, connection.begin() as everything:
        db.engines[None] = connection  # a session joins it by savepoints
        try:
            with undone():
                yield connection
        finally:
            db.engines[None] = engine
            everything.rollback()


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is undone at the end (within `one_connection`)."""
    db.session.remove()
    savepoint = db.engines[None].begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


def content() -> str:
    """A hash of every row of every table but the sign-ins."""
    digest = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        if table.name != "sign_in":
            for row in sorted(repr(tuple(row)) for row in db.session.execute(select(table))):
                digest.update(row.encode())
    db.session.rollback()
    return digest.hexdigest()


class Case(ABC):
    """What a matrix is about, in one programme: how it is made in a state, and the state it is in now."""

    states: Sequence[str]

    def __init__(self, programme: str, accounts: Mapping[str, Account | None]) -> None:
        self.programme = programme
        self._ids = {name: account.id for name, account in accounts.items() if account}

    def account(self, name: str) -> Account:
        return db.session.get_one(Account, self._ids[name])

    @abstractmethod
    def make(self, state: str) -> Codes:
        """Something in this state → the codes of the paths and of what is typed."""

    @abstractmethod
    def read(self, codes: Codes) -> str:
        """The state it is in now."""


def wrong_in_programmes(clients: Callable[..., Any], table: str, case: Callable[..., Case]) -> list[str]:
    """`wrong_pairs` in all nine programmes in `make soak`, else in the sample by turns."""
    wrong = []
    for turn, programme in enumerate(municipality().programmes if SOAK else SAMPLE):
        with one_connection():
            accounts = people(programme)
            browsers = {name: clients(account) for name, account in accounts.items()}
            found = wrong_pairs(table, case(programme, accounts), browsers, turn)
            wrong += [f"{programme}: {sentence}" for sentence in found]
    return wrong


def wrong_pairs(
    table: str, case: Case, browsers: Mapping[str, Any], turn: int | None = None
) -> Iterator[str]:
    """Every verb of every state by everybody; what is not as the table says, in words.

    `turn`: the place of the programme where, outside of `make soak`, programmes take turns.
    """
    verbs = read_table(table, case.states, case.programme)
    for number, state in enumerate(case.states):
        with undone():
            codes = case.make(state)
            db.session.commit()
            pairs = list(_tried(verbs, state, list(browsers), None if turn is None else number - turn))
            legal = [pair for pair in pairs if (pair[1], state) in verbs[pair[0]].moves]
            refused = [pair for pair in pairs if pair not in legal]
            yield from _refused(verbs, refused, state, codes, browsers)
            for verb, name in legal:
                with undone():
                    answer, after = verbs[verb].post(browsers[name], codes), case.read(codes)
                    if answer.status_code >= 400 or after != verbs[verb].moves[name, state]:
                        yield f"{state}: {verb} by {name} answers {answer.status_code}, leads to {after}"


def _tried(verbs: Mapping[str, Verb], state: str, names: list[str], shift: int | None) -> Iterator[Pair]:
    """All pairs in `make soak`. Else a verb that is the same in all programmes meets one of them in each
    state, and of the people who never may do it all where it moves something, elsewhere a sixth."""
    for number, (title, verb) in enumerate(verbs.items(), shift or 0):
        turn = shift is None or number % len(SAMPLE) == 0
        moves = any(at == state != after for (_, at), after in verb.moves.items())
        for place, name in enumerate(names):
            own = name in (verb.who if len(verb.who) < len(PEOPLE) else {"anonymous"})
            stranger = moves or (number // len(SAMPLE) + place) % 6 == 0
            if SOAK or (turn and (own or stranger)) or (verb.differs and own):
                yield title, name


def _refused(
    verbs: Mapping[str, Verb], pairs: list[Pair], state: str, codes: Codes, browsers: Mapping[str, Any]
) -> Iterator[str]:
    """One look at the rows after all of them; where they changed, one after each, to name it."""
    before = content()
    with undone():
        for verb, name in pairs:
            answer = verbs[verb].post(browsers[name], codes)
            if not verbs[verb].refuses(answer, name, state):
                yield f"{state}: {verb} by {name} answers {answer.status_code}"
        unchanged = content() == before
    for verb, name in () if unchanged else pairs:
        with undone():
            verbs[verb].post(browsers[name], codes)
            if content() != before:
                yield f"{state}: {verb} by {name} changes rows"
