"""The registry's tables: who registers for what, what they offer and when."""

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from matching.accounts.models import Account
from matching.kernel.clock import day_of
from matching.kernel.codes import new_code
from matching.kernel.db import PERSONAL, Base, states
from matching.kernel.labels import Labelled
from matching.kernel.readings import name_key, phone_key

if TYPE_CHECKING:  # their tables refer to these
    from matching.registry.models_courses import LearningRecord
    from matching.registry.models_credentials import Credential


class RegistrantKind(Labelled):
    PERSON = "person", "個人"
    GROUP = "group", "団体"


class RegistrationStatus(Labelled):
    DRAFT = "draft", "下書き"
    SUBMITTED = "submitted", "申請中"
    RETURNED = "returned", "差戻し"
    APPROVED = "approved", "承認"
    REFUSED = "refused", "不登録"
    EXPIRED = "expired", "期限切れ"
    SUSPENDED = "suspended", "休止"
    WITHDRAWN = "withdrawn", "辞退"
    REVOKED = "revoked", "取消し"


class ConsentPurpose(Labelled):
    PUBLIC_LISTING = "public_listing", "公開の同意"
    CONTACT_SHARING = "contact_sharing", "連絡先提供の同意"
    RULES_OF_CONDUCT = "rules_of_conduct", "行動規範"
    CONFIDENTIALITY = "confidentiality", "守秘義務"
    GUARDIAN = "guardian", "保護者の同意"
    LOCAL_LEADER = "local_leader", "地域防災リーダーの同意"


class Format(Labelled):
    IN_PERSON = "in_person", "対面"
    ONLINE = "online", "オンライン"


class Fee(Labelled):
    """What is wished or offered for the activity; a sum in yen stands as its digits."""

    UNPAID = "unpaid", "無償"
    EXPENSES = "expenses", "実費"
    NEGOTIABLE = "negotiable", "応相談"


class Level(Labelled):
    INTRODUCTORY = "introductory", "入門"
    INTERMEDIATE = "intermediate", "中級"
    ADVANCED = "advanced", "上級"
    ANY = "any", "問わない"


class Registrant(Base):
    """A person or a group that gives. The account may be missing: paper and telephone are enough."""

    __tablename__ = "registrant"
    __table_args__ = (CheckConstraint("members IS NULL OR members >= 1", name="members"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    # The ledger's name for this registrant; nothing else shows it.
    pseudonym: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    external_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    kind: Mapped[RegistrantKind] = mapped_column(states(RegistrantKind, "kind"))
    members: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    kana: Mapped[str] = mapped_column(String(100), index=True, info=PERSONAL)
    public_name: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    email: Mapped[str] = mapped_column(String(254), default="", info=PERSONAL)
    phone: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    postal_code: Mapped[str] = mapped_column(String(20), default="", info=PERSONAL)
    birth_year: Mapped[int | None] = mapped_column(info=PERSONAL)
    guardian_name: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    representative: Mapped[str] = mapped_column(String(100), default="", server_default="", info=PERSONAL)
    # Name, reading and telephone as they are compared (readings.py), kept in step with what is written.
    name_key: Mapped[str] = mapped_column(String(100), default="", index=True, info=PERSONAL)
    kana_key: Mapped[str] = mapped_column(String(100), default="", index=True, info=PERSONAL)
    phone_key: Mapped[str] = mapped_column(String(40), default="", index=True, info=PERSONAL)
    ward: Mapped[str] = mapped_column(String(20), index=True)
    school_district: Mapped[str] = mapped_column(String(40), default="")
    areas: Mapped[list[str]] = mapped_column(default=list)  # wards served; empty: all
    monthly_limit: Mapped[int | None]
    paused_from: Mapped[date | None]  # the person rests: not asked from this day …
    paused_until: Mapped[date | None]  # … to this one; none: until they resume
    availability_version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Of person, offerings and consents: raised by whoever changes them (services/versions.py).
    entry_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship()
    registrations: Mapped[list["Registration"]] = relationship(
        back_populates="registrant", order_by="Registration.id"
    )
    offerings: Mapped[list["Offering"]] = relationship(back_populates="registrant", order_by="Offering.id")
    credentials: Mapped[list["Credential"]] = relationship(
        back_populates="registrant", order_by="Credential.id", cascade="all, delete-orphan"
    )
    weekly_hours: Mapped[list["WeeklyHours"]] = relationship(
        order_by="(WeeklyHours.weekday, WeeklyHours.starts)", cascade="all, delete-orphan"
    )
    blackouts: Mapped[list["Blackout"]] = relationship(
        order_by="Blackout.first_day", cascade="all, delete-orphan"
    )
    learning_records: Mapped[list["LearningRecord"]] = relationship(
        order_by="LearningRecord.id", cascade="all, delete-orphan"
    )

    @validates("name", "kana", "phone")
    def _keep_key(self, field: str, value: str | None) -> str | None:
        key = phone_key if field == "phone" else name_key
        setattr(self, f"{field}_key", key(value or "")[:100])
        return value

    @property
    def address(self) -> str | None:
        """Where mail reaches the person: their own address, else their account's; None: by telephone only."""
        return self.email or (self.account.email if self.account else None)

    @property
    def called(self) -> str:
        """The name as a page says it; of a group with its head count."""
        group = f"{self.name} の皆さん" + (f"（{self.members}人）" if self.members else "")
        return group if self.kind is RegistrantKind.GROUP else f"{self.name} さん"

    @property
    def addressed(self) -> str:
        """The name as a mail begins."""
        return f"{self.name} の皆さま" if self.kind is RegistrantKind.GROUP else f"{self.name} 様"

    @property
    def initials(self) -> str:
        """What stands for the name before acceptance: the first letter of each part of the reading."""
        return "・".join(part[0] for part in self.kana.split()) or self.kana[:1]


offering_registration = Table(
    "offering_registration",
    Base.metadata,
    Column("offering_id", ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "registration_id", ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class Registration(Base):
    """A registrant in a programme (登録区分): one row for each pair, whatever happens to it."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("registrant_id", "programme"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"))
    programme: Mapped[str] = mapped_column(String(40), index=True)
    status: Mapped[RegistrationStatus] = mapped_column(states(RegistrationStatus, "status"), index=True)
    valid_until: Mapped[date | None]  # a fiscal year's end
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]  # for the first time
    comment: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)  # why it was returned
    refusal_reason: Mapped[str] = mapped_column(String(40), default="")
    on_paper: Mapped[bool] = mapped_column(default=False)
    end_reason: Mapped[str] = mapped_column(String(40), default="")  # a key of rules.END_REASONS
    ended_at: Mapped[datetime | None]

    registrant: Mapped[Registrant] = relationship(back_populates="registrations")
    offerings: Mapped[list["Offering"]] = relationship(
        secondary=offering_registration, back_populates="registrations", order_by="Offering.id"
    )
    consents: Mapped[list["Consent"]] = relationship(order_by="Consent.id", cascade="all, delete-orphan")
    documents: Mapped[list["RegistrationDocument"]] = relationship(
        order_by="RegistrationDocument.id", cascade="all, delete-orphan"
    )

    def in_force(self, moment: datetime) -> bool:
        """Approved, and its last day (in Tokyo) has not passed."""
        return self.status is RegistrationStatus.APPROVED and (
            self.valid_until is None or self.valid_until >= day_of(moment)
        )

    def consented(self, purpose: ConsentPurpose) -> bool:
        return self.consent_to(purpose) is not None

    def consent_to(self, purpose: ConsentPurpose) -> "Consent | None":
        """The consent that stands."""
        return next((c for c in self.consents if c.purpose is purpose and c.withdrawn_at is None), None)


class Consent(Base):
    """A consent given for one registration, for one purpose, in one version of its text."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_standing",
            "registration_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[ConsentPurpose] = mapped_column(states(ConsentPurpose, "purpose"))
    version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class RegistrationDocument(Base):
    """A document the programme requires, as a coordinator last saw it. The paper stays where it is."""

    __tablename__ = "registration_document"
    __table_args__ = (UniqueConstraint("registration_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))  # a key of the municipality's document kinds
    seen_at: Mapped[datetime]
    seen_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    seen_by: Mapped[Account] = relationship()


class Offering(Base):
    """できること: what a registrant offers, for the registrations it was given for."""

    __tablename__ = "offering"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, default=new_code)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"), index=True)
    title: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    description: Mapped[str] = mapped_column(Text, info=PERSONAL)
    audiences: Mapped[list[str]] = mapped_column(default=list, info=PERSONAL)
    formats: Mapped[list[str]] = mapped_column(default=list)  # in_person, online; empty: either
    fee: Mapped[str] = mapped_column(String(20), default="")  # unpaid, expenses, negotiable, or yen
    # What some programmes ask for besides; see the municipality's `asks`.
    level: Mapped[str] = mapped_column(String(20), default="", server_default="")  # a value of Level
    capacity: Mapped[int | None]
    minutes: Mapped[int | None]
    equipment: Mapped[str] = mapped_column(String(200), default="", server_default="", info=PERSONAL)
    disaster: Mapped[str] = mapped_column(String(40), default="", server_default="")
    record_title: Mapped[str] = mapped_column(String(100), default="", server_default="", info=PERSONAL)
    record_place: Mapped[str] = mapped_column(String(100), default="", server_default="", info=PERSONAL)
    record_year: Mapped[int | None]
    created_at: Mapped[datetime]

    registrant: Mapped[Registrant] = relationship(back_populates="offerings")
    registrations: Mapped[list[Registration]] = relationship(
        secondary=offering_registration, back_populates="offerings", order_by="Registration.id"
    )


class WeeklyHours(Base):
    """Hours of a weekday (0: Monday) at which the registrant is free. No rows: any time."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]


class Blackout(Base):
    """Days, first to last, on which the registrant is away."""

    __tablename__ = "blackout"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]


class RegistrantAlias(Base):
    """A pseudonym the ledger knows a merged registrant by, and the code it had: it stays as booked."""

    __tablename__ = "registrant_alias"
    __table_args__ = (Index("uq_registrant_alias_external_id", "external_id", unique=True),)

    pseudonym: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    # Its number in the file it came from, where the one that stayed has another: the next import knows it.
    external_id: Mapped[str | None] = mapped_column(String(40))
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id"), index=True)


class Erasure(Base):
    """A registrant whose personal data were erased, by code only: a restored backup is erased again by it."""

    __tablename__ = "erasure"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
