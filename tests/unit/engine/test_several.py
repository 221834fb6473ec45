"""Many requests against one text: the same scores as one by one, whatever they are and however they came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.thesaurus import Group, Thesaurus
from tests.support.ranking import small_meaning, split
from tests.unit.engine.test_index import Lived, histories, often, wishes

THESAURUS = Thesaurus([Group(("drum", "tea x")), Group(("sew", "seam"))], split)


@pytest.mark.parametrize("meaning", [None, small_meaning()], ids=["words", "meaning"])
@often
@given(histories, st.lists(wishes, max_size=6), st.lists(wishes, max_size=4))
def test_the_scores_are_those_of_each_search(tmp_path_factory, meaning, history, first, more):
    index = Lived(history, meaning, tmp_path_factory.mktemp("kept") / "index.npz").index
    several = index.several(first, THESAURUS).and_(index.several(more, THESAURUS))
    scores = index.scores(several, ["J0", "J1", "J2", "none"])
    for at, wish in enumerate([*first, *more]):
        alone = {hit.id: hit.score for hit in index.search(wish, 5, ["J0", "J1", "J2"], THESAURUS)}
        together = {id: values[at] for id, values in scores.items() if values[at] > 1e-9}
        assert together == pytest.approx(alone, abs=1e-6)
