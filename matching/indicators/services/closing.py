"""年度を締める: the paragraphs are written, one proposes, another closes; then the year's figures stay."""

from collections.abc import Mapping

from matching.accounts.models import Account
from matching.indicators import figures, reports
from matching.indicators.definitions import DEFINITIONS
from matching.indicators.models import Cause, ReviewStatus, StoredFigure, StoredGrade, YearReview
from matching.indicators.queries_closing import open_matters
from matching.kernel import audit
from matching.kernel.clock import fiscal_year_name, now
from matching.kernel.db import db
from matching.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from matching.ledger import services as ledger
from matching.municipality.city import municipality


def write_causes(actor: Account, year: int, texts: Mapping[int, str], version: int) -> YearReview:
    """Keep the paragraphs, by measure; a proposal made before is taken back. Conflict: written meanwhile."""
    review = _review(year)
    if review.version != version:
        raise Conflict("ほかの人が先に書きかえました。")
    if review.status is ReviewStatus.CLOSED:
        raise RuleViolation(f"{fiscal_year_name(year)}は、すでに締めてあります。")
    review.causes = [
        Cause(fiscal_year=year, measure=measure, text=text.strip())
        for measure, text in texts.items()
        if text.strip()
    ]
    review.status, review.version = ReviewStatus.WRITING, review.version + 1
    review.proposed_at = review.proposed_by_id = None
    audit.record(actor, "year.write", review)
    db.session.flush()
    return review


def propose(actor: Account, year: int) -> YearReview:
    """Ask somebody else to close the year. RuleViolation says what is still to be done."""
    review = _review(year)
    if review.status is not ReviewStatus.WRITING:
        return review
    _check(actor, year)
    review.status, review.proposed_at, review.proposed_by_id = ReviewStatus.PROPOSED, now(), actor.id
    audit.record(actor, "year.propose", review)
    db.session.flush()
    return review


def close(actor: Account, year: int) -> YearReview:
    """Store every figure with its definition; the book takes no entry of the year any more.

    NotAllowed for who proposed it. RuleViolation where nobody has, or something is to be done first.
    """
    review = _review(year)
    if review.status is ReviewStatus.CLOSED:
        return review
    if review.status is not ReviewStatus.PROPOSED:
        raise RuleViolation("まだ締める提案がありません。ほかの方が提案してから締めてください。")
    if review.proposed_by_id == actor.id:
        raise NotAllowed("ご自分の提案は締められません。ほかの方に頼んでください。")
    _check(actor, year)
    ledger.close_year(year)
    _store(year)
    review.status, review.closed_at, review.closed_by_id = ReviewStatus.CLOSED, now(), actor.id
    audit.record(actor, "year.close", review)
    db.session.flush()
    return review


def _review(year: int) -> YearReview:
    """The year's review, locked; made with its first use."""
    city = municipality()
    if not city.first_fiscal_year <= year <= city.last_fiscal_year:
        raise NotFound("計画の年度ではありません。")
    review = db.session.get(YearReview, year, with_for_update=True)
    if review is None:
        review = YearReview(fiscal_year=year, status=ReviewStatus.WRITING, version=1)
        db.session.add(review)
        db.session.flush()
    return review


def _check(actor: Account, year: int) -> None:
    """RuleViolation where the year still runs, activities wait, or a paragraph is missing."""
    name = fiscal_year_name(year)
    if figures.running(year):
        raise RuleViolation(f"{name}はまだ終わっていません。年度が終わってから締めてください。")
    if waiting := open_matters(actor, year):
        raise RuleViolation(
            f"{name}の活動に、報告や確認の終わっていないものが{len(waiting)}件あります。先に済ませてください。"
        )
    missing = [m.measure.mark for m in reports.of_year(year).measures if m.needs_cause and not m.cause]
    if missing:
        raise RuleViolation(
            f"達成度がCかDの取組{'・'.join(missing)}に、「原因と解決すべき課題」を書いてください。"
        )


def _store(year: int) -> None:
    for line in reports.present(year).lines:
        for key, value in line.figures.items():
            d = DEFINITIONS[key]
            db.session.add(
                StoredFigure(
                    fiscal_year=year, scope=line.scope, figure=key, value=value,
                    name=d.name, sentence=d.sentence, leaves_out=d.leaves_out, unit=d.unit,
                    places=d.places, per=d.per,
                )
            )  # fmt: skip
        graded = {"target": line.target, "percent": line.percent, "grade": line.grade}
        db.session.add(StoredGrade(fiscal_year=year, scope=line.scope, **graded))
