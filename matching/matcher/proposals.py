"""What to do where nobody in the registry suits a request: open it wider, plan a course, ask for people."""

from collections import defaultdict

from sqlalchemy import select

from matching.kernel.clock import today
from matching.kernel.db import db
from matching.matcher.gateway import running, threshold
from matching.matcher.queries import rank
from matching.matcher.texts import wish_of
from matching.matches.queries_gates import wanted
from matching.municipality.city import municipality
from matching.registry import queries as registry
from matching.registry.models import Registration
from matching.requests.models import SupportRequest

TOPIC_WORDS = 3


def proposals(request: SupportRequest) -> list[str]:
    """Sentences for the coordinator, what helps at once first."""
    if request.term_start is not None:  # a seat is neither held online nor learned in a course
        names = municipality().programmes
        listed = "・".join(names[key].name for key in request.programmes)
        return [f"「{listed}」への登録や推薦を、関係する団体に呼びかける。"]
    found = [_open_to(name, people) for name, people in _elsewhere(request).items()]
    if not request.online:
        found.append("オンラインでもよいか、依頼した団体に尋ねる。遠くの方や、外出しにくい方にも頼めます。")
    topic = "・".join(running().topic(wish_of(request), TOPIC_WORDS)) or request.title
    found.append(f"「{topic}」を学ぶ講座を計画する（基本施策1）。学んだ方が、次の依頼に応えられます。")
    return found


def _elsewhere(request: SupportRequest) -> dict[str, int]:
    """Programmes it could be opened to as well → how many suitable people hold them."""
    others = wanted(request).openable
    if not others:
        return {}
    suitable = [f for f in rank(wish_of(request), others) if f.score >= threshold().somebody]
    held = select(Registration.programme, Registration.registrant_id).where(
        registry.in_force(others, today()),
        Registration.registrant_id.in_([f.registrant_id for f in suitable]),
    )
    people: dict[str, set[int]] = defaultdict(set)
    for programme, registrant in db.session.execute(held):
        people[programme].add(registrant)
    names = municipality().programmes
    return {names[key].name: len(people[key]) for key in others if people[key]}


def _open_to(programme: str, people: int) -> str:
    return f"依頼の対象に「{programme}」を加える。合いそうな方が{people}人います。"
