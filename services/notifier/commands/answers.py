"""Does what each answer asks. The same answer coming twice has one effect.

What a family said about a visit is told hidden: subject, branch and actor say nothing, the rest is sealed under the
record's own key (docs/domain.md, rule 2). A number of two families never proves anything and is shown nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from services.notifier.commands import pleas
from services.notifier.commands.asks import close_asks
from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.contacts import close, prove
from services.notifier.commands.hearing import MEANING, Heard, listen
from services.notifier.model.contact import State, plain_number
from services.notifier.model.reply import Understood, ask_again
from services.notifier.smpp import Answer
from services.notifier.store import ASKS, Desk, Doc
from shared.ids import new_id
from shared.units import Unit


def hear(desk: Desk, unit: Unit, answers: Sequence[Answer], records: Sequence[str]) -> None:
    """Take these answers in, in their order. `records` come from `hearing.records_for`."""
    for run in _runs(list(zip(answers, records, strict=True))):
        for heard in listen(desk, unit, run):
            _act(desk, unit, heard)


def _runs(answers: list[tuple[Answer, str]]) -> Iterator[list[tuple[Answer, str]]]:
    """Stretches in which no number comes twice: what one answer changes, the next of the same number must see."""
    run: list[tuple[Answer, str]] = []
    senders: set[str] = set()
    for pair in answers:
        number = plain_number(pair[0].sender)
        if number in senders:
            yield run
            run, senders = [], set()
        run.append(pair)
        senders.add(number)
    if run:
        yield run


def _act(desk: Desk, unit: Unit, heard: Heard) -> None:
    if heard.said is Understood.RED:
        pleas.raise_alarm(desk, unit, heard.contacts, heard.text)
    elif heard.said is Understood.WRONG_NUMBER:
        close(desk, unit, heard.contacts, State.WRONG)
    elif heard.said is Understood.STOP:
        close(desk, unit, heard.contacts, State.STOPPED)
    elif heard.said is Understood.LOOK_IN:
        if not heard.shared:
            prove(desk, unit, heard.contacts)
        pleas.ask_look_in(desk, unit, heard.contacts, heard.text)
    elif heard.said in MEANING and len(heard.asks) == 1 and not heard.shared:
        _answer_ask(desk, unit, heard, heard.asks[0])


def _answer_ask(desk: Desk, unit: Unit, heard: Heard, ask: Doc) -> None:
    if ask_again(heard.said, question_open=True, asked_again=ask["again"]):
        unit.collection(ASKS).update({"_id": ask["_id"]}, {"$set": {"again": True}})
        _ask_again(desk, unit, heard, ask)
        return
    understood = heard.said is not Understood.UNCLEAR
    close_asks(unit, {"_id": ask["_id"]}, "answered" if understood else "closed")
    if understood:
        prove(desk, unit, heard.contacts)
    if heard.hidden:
        _tell_answer(desk, unit, heard)


def _ask_again(desk: Desk, unit: Unit, heard: Heard, ask: Doc) -> None:
    contact = next((one for one in heard.contacts if one["person"] == ask["person"]), None)
    if contact is not None:
        occasion = "greeting_not_understood" if ask["kind"] == "greeting" else "question_not_understood"
        queue(desk, unit, [Draft(occasion, contact, (), f"again:{ask['_id']}", ask["branch"])])


def _tell_answer(desk: Desk, unit: Unit, heard: Heard) -> None:
    told: dict[str, Any] = {"subject": heard.record, "revision": 1, "branch": desk.home, "actor": new_id()}
    unit.tell("answer.received.v1", **told, closed={heard.record: heard.content()})
