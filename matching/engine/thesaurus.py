"""Words a city holds to be equal or narrower → where in a request another word will do.

A document with a narrower word (ギター) meets a request for the wider one (楽器), never the other way round.
Groups do not chain: a word that stands in two is met by what either says of it, and nothing passes through it
from the one to the other (お茶＝茶道 and お茶＝飲み物 do not make 茶道 a drink).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matching.engine import text

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Equal words (きもの＝着物＝和服), and words of narrower meaning than those."""

    words: tuple[str, ...]
    narrower: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """Terms [first, first + length) of a request: met too by a document with all terms of one alternative."""

    first: int
    length: int
    alternatives: tuple[Terms, ...]


class Thesaurus:
    """The groups as terms, made once. The order of the groups does not matter."""

    def __init__(
        self, groups: Iterable[Group] = (), analyse: Callable[[str], Sequence[text.Term]] = text.analyse
    ) -> None:
        met: dict[Terms, set[Terms]] = defaultdict(set)
        for group in groups:
            equal, narrower = (
                [tuple(term.term for term in analyse(word)) for word in words]
                for words in (group.words, group.narrower)
            )
            for entry in filter(None, equal):
                # A document with 管楽器 has the term 楽器 anyway: such an alternative adds nothing.
                met[entry] |= {
                    tuple(dict.fromkeys(other))
                    for other in (*equal, *narrower)
                    if other and not set(entry) <= set(other)
                }
        self._by_first: dict[str, list[tuple[Terms, tuple[Terms, ...]]]] = defaultdict(list)
        for entry, alternatives in met.items():
            if alternatives:
                self._by_first[entry[0]].append((entry, tuple(sorted(alternatives))))

    def expand(self, terms: Sequence[str]) -> list[Expansion]:
        """Where an entry stands in the request, in order; the longest first, so that none overlap."""
        if not self._by_first:
            return []
        found = [
            Expansion(first, len(entry), alternatives)
            for first, term in enumerate(terms)
            for entry, alternatives in self._by_first.get(term, ())
            if tuple(terms[first : first + len(entry)]) == entry
        ]
        taken: set[int] = set()
        kept = []
        for expansion in sorted(found, key=lambda e: (-e.length, e.first)):
            places = range(expansion.first, expansion.first + expansion.length)
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(expansion)
        return sorted(kept, key=lambda e: e.first)
