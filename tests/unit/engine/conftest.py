"""An installation's vectors: a few made by hand, and the real ones, made once for all tests."""

import pytest

from matching.engine.meaning import Meaning, reduced
from tests.support.ranking import small_meaning


@pytest.fixture(scope="session")
def small() -> Meaning:
    return small_meaning()


@pytest.fixture(scope="session")
def real() -> Meaning:
    return reduced()
