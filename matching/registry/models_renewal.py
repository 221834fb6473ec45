"""The tables of the yearly renewal round."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.kernel.codes import new_code
from matching.kernel.db import Base, states
from matching.kernel.labels import Labelled
from matching.registry.models import Registration, RegistrationStatus


class NoticeChannel(Labelled):
    MAIL = "mail", "メール"
    LETTER = "letter", "手紙"


class RenewalAnswer(Labelled):
    RENEW = "renew", "更新する"
    END = "end", "更新しない"


class RenewalRound(Base):
    """The registrations of a programme that end with a fiscal year are asked whether they go on."""

    __tablename__ = "renewal_round"
    __table_args__ = (UniqueConstraint("programme", "fiscal_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(String(40))
    fiscal_year: Mapped[int]
    renews_until: Mapped[date]
    opened_at: Mapped[datetime]


class RenewalNotice(Base):
    """One registration asked in a round, by which channel, and the answer."""

    __tablename__ = "renewal_notice"
    __table_args__ = (UniqueConstraint("registration_id", "round_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    round_id: Mapped[int] = mapped_column(ForeignKey("renewal_round.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    channel: Mapped[NoticeChannel] = mapped_column(states(NoticeChannel, "channel"))
    # The newest mailed link's secret, hashed; kept after the answer, so that the link can say what happened.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[RenewalAnswer | None] = mapped_column(states(RenewalAnswer, "answer"))

    round: Mapped[RenewalRound] = relationship()
    registration: Mapped[Registration] = relationship()

    @property
    def waits(self) -> bool:
        """For an answer that can still be given."""
        return self.answer is None and self.registration.status is RegistrationStatus.APPROVED
