"""Support requests, their sessions, and the programmes they are open to."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, states
from matching.kernel.labels import Labelled
from matching.organisations.models import Organisation


class RequestStatus(Labelled):
    DRAFT = "draft", "下書き"
    SUBMITTED = "submitted", "受付待ち"
    RETURNED = "returned", "差戻し"
    OPEN = "open", "募集中"
    FILLED = "filled", "決定"
    CLOSED = "closed", "終了"
    UNMET = "unmet", "不成立"
    CANCELLED = "cancelled", "取消し"


# 保険, and who bears a cost. ボランティア活動保険 covers unpaid activity only.
VOLUNTEER_INSURANCE = "volunteer"
INSURANCES = {
    VOLUNTEER_INSURANCE: "ボランティア活動保険",
    "school": "学校の保険",
    "city": "市の保険",
    "other": "そのほかの保険（団体の行事保険など）",
}
ONLINE = "online"  # a format; the other is in_person
SIDES = {"requester": "依頼する団体", "helper": "引き受ける方", "none": "かからない"}


class SupportRequest(Base):
    """依頼: one wish of one organisation for one or more people."""

    __tablename__ = "support_request"
    __table_args__ = (
        CheckConstraint("headcount >= 1", name="headcount"),
        CheckConstraint("participants IS NULL OR participants >= 0", name="participants"),
        CheckConstraint("term_start IS NULL OR term_start < term_end", name="term"),
        Index("ix_support_request_listed", "ward", "status", "deadline"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    external_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    status: Mapped[RequestStatus] = mapped_column(states(RequestStatus, "status"), index=True)
    title: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text)
    must_have: Mapped[str] = mapped_column(Text, default="")
    nice_to_have: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(String(100), default="")
    minors: Mapped[bool] = mapped_column(default=False)
    teacher_present: Mapped[bool | None]
    continuing: Mapped[bool | None]
    one_to_one: Mapped[bool | None]
    headcount: Mapped[int] = mapped_column(default=1)
    participants: Mapped[int | None]
    ward: Mapped[str] = mapped_column(String(20))
    school_district: Mapped[str] = mapped_column(String(40), default="")
    place: Mapped[str] = mapped_column(String(100), default="")
    format: Mapped[str] = mapped_column(String(20), default="in_person")  # in_person, online
    fee: Mapped[str] = mapped_column(String(20), default="")
    insurance: Mapped[str] = mapped_column(String(20), default="", server_default="")  # of INSURANCES
    travel_cost: Mapped[str] = mapped_column(String(20), default="", server_default="")  # of SIDES
    material_cost: Mapped[str] = mapped_column(String(20), default="", server_default="")
    parking: Mapped[str] = mapped_column(String(100), default="", server_default="")
    equipment: Mapped[str] = mapped_column(String(200), default="", server_default="")
    special_needs: Mapped[str] = mapped_column(Text, default="", server_default="")
    credentials_required: Mapped[list[str]] = mapped_column(default=list)
    contact_name: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    contact_phone: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    contact_email: Mapped[str] = mapped_column(String(254), default="", info=PERSONAL)
    emergency_contact: Mapped[str] = mapped_column(String(100), default="", server_default="", info=PERSONAL)
    deadline: Mapped[date | None]
    council: Mapped[str] = mapped_column(String(100), default="", server_default="")  # 審議会などの名称
    term_start: Mapped[date | None]
    term_end: Mapped[date | None]
    comment: Mapped[str] = mapped_column(Text, default="")  # why it was returned
    refusal_reason: Mapped[str] = mapped_column(String(40), default="")  # the purpose it was refused for
    version: Mapped[int] = mapped_column(default=1)  # a stale edit is shown both texts
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    sessions: Mapped[list["Session"]] = relationship(
        back_populates="request", order_by="Session.starts_at", cascade="all, delete-orphan"
    )
    programme_rows: Mapped[list["RequestProgramme"]] = relationship(
        order_by="RequestProgramme.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def programmes(self) -> list[str]:
        return [row.programme for row in self.programme_rows]

    @property
    def insurance_name(self) -> str:
        return INSURANCES.get(self.insurance, "")

    @property
    def costs(self) -> list[tuple[str, str]]:
        """(交通費 or 材料費, who bears it), as far as it was said."""
        said = (("交通費", self.travel_cost), ("材料費", self.material_cost))
        return [(name, SIDES[side]) for name, side in said if side]

    @property
    def online(self) -> bool:
        return self.format == ONLINE


FIRST = 1  # position of the programme that stands for the request where only one can


class RequestProgramme(Base):
    """A programme the request is open to; the first a person holds decides the measure."""

    __tablename__ = "request_programme"
    __table_args__ = (UniqueConstraint("request_id", "programme"),)

    request_id: Mapped[int] = mapped_column(
        ForeignKey("support_request.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(String(40))


class Session(Base):
    """One date of a request, from start to end."""

    __tablename__ = "request_session"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        UniqueConstraint("request_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    request_id: Mapped[int] = mapped_column(ForeignKey("support_request.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]

    request: Mapped[SupportRequest] = relationship(back_populates="sessions")


class CalendarDay(Base):
    """Days a series leaves out, from the first to the last: school holidays, as coordinators keep them."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="order"),
        UniqueConstraint("first_day", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    name: Mapped[str] = mapped_column(String(40))
    first_day: Mapped[date]
    last_day: Mapped[date]
