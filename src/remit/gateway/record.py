"""What a call writes to the ledger, and the rows that go with it, within one transaction.

1. A decision is durable before the call leaves; with it goes a row `open/N` for each that lets something go on, and
   the reservation of what the call may take at most.
2. The outcome takes the rows away and settles the reservation. Where a row is gone, somebody has written the call off
   as lost, and no outcome is written beside that.
3. A decision by terms that are no longer active is not written: it is made anew.
4. What could reveal an operation is committed to and not shown: the facts with their sources, the prompt's and the
   tools' digests, the key, the provider's name for the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from remit.canonical import LARGEST_NUMBER
from remit.errors import RowChanged
from remit.gateway.ground import ACTIVE
from remit.gateway.meter import ROWS as METERS
from remit.gateway.meter import Amount, Meter
from remit.ledger.commitment import write_fields
from remit.ledger.entry import Draft, make_draft
from remit.ledger.kind import Effect as Word
from remit.ledger.kind import Kind, is_name
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.gateway.choice import Bearer, Choice, ToolRuling
    from remit.gateway.dialects.dialect import Offer
    from remit.gateway.ground import Rulebook
    from remit.ledger.commitment import Written
    from remit.ledger.writer import Desk
    from remit.terms.decision import Decision

OPEN = "open/"
CONVERSATIONS = "conversation/"
NOTHING_TAKEN = Amount(0, 0, 0)
_LONGEST_NAME = 128
_MOST_FORMS = 1024
_AN_N, _A_TIME = f'"of":{LARGEST_NUMBER}', f'"ms":{LARGEST_NUMBER}'


class Paper(NamedTuple):
    """What a decision's entry says beside the decision: of whom, of what request, by which worker."""

    book: Rulebook
    who: Bearer
    prompt: str
    owner: str
    after: str = ""
    """The decision on the call whose reply this one goes on with."""


@dataclass(slots=True)
class Opened:
    """What a call has on record and still owes an outcome: its decisions, and what was reserved for it."""

    n: int
    acts: list[int] = field(default_factory=list)
    reserved: Amount = NOTHING_TAKEN
    seconds: int = 0


class Outcome(NamedTuple):
    """What came back."""

    status: int = 0
    model: str = ""
    variant: str = ""
    refused: bool = False
    added_ms: int = 0
    took: Amount | None = None
    hidden: Mapping[str, object] = {}


def row_of(n: int) -> str:
    """Name the row of a decision whose outcome has not come."""
    return f"{OPEN}{n:016d}"


def open_mark(paper: Paper) -> bytes:
    """Return what such a row says: which worker has the call, and in which stream its outcome belongs."""
    return f"{paper.owner} {paper.who.credential.use}".encode()


def conversation_row(use: str, ident: str) -> str:
    """Name the row of a conversation that a server holds; the provider's own name for it is not kept."""
    return f"{CONVERSATIONS}{sha256(f'{use} {ident}'.encode()).hexdigest()[:40]}"


def demand_active(desk: Desk, book: Rulebook) -> None:
    """Raise where other terms have become active than those a decision was made by (3)."""
    active = desk.row(ACTIVE)
    if active is not None and active != book.terms.digest.encode():
        raise RowChanged(ACTIVE)


def invoke_drafts(paper: Paper, choice: Choice, *, redirected: bool) -> list[Draft]:
    """Draft the entries of a choice: the use of the model, and each tool that its provider would run."""
    deciding = choice.deciding
    if deciding is None:
        fields = {"o": Word.DENY.value, "tm": paper.book.terms.digest, "r": [safe_name(choice.rule)]}
        return [make_draft(Kind.DECISION, paper.who.credential.use, fields, _hidden(paper, "invoke", None))]
    if choice.target is None:
        rule = (choice.rule,) if choice.rule else ()
        return [_draft(paper, deciding, _denied(deciding, choice.rule), rule)]
    word = Word.REDIRECT if redirected else Word.ALLOW
    decisions = [] if choice.decision is None else [_draft(paper, choice.decision, word)]
    return decisions + [_draft(paper, act, Word.ALLOW) for act in choice.acts]


def held_draft(paper: Paper, decision: Decision, more: Mapping[str, object]) -> Draft:
    """Draft the entry of a use of a model that waits for people."""
    return _draft(paper, decision, Word.HOLD, more=more)


def offered_drafts(paper: Paper, choice: Choice) -> list[Draft]:
    """Draft the entries of the tools that a provider would run within a use that people released."""
    return [_draft(paper, act, Word.ALLOW) for act in choice.acts]


def act_draft(paper: Paper, ruling: ToolRuling, more: Mapping[str, object] | None = None) -> Draft:
    """Draft the entry of a tool call that a model proposed."""
    word = Word.ALLOW if ruling.passes else _denied(ruling.decision, ruling.rule)
    hidden = {"call": _call_digest(ruling), **(more or {})}
    return _draft(paper, ruling.decision, word, (ruling.rule,) if ruling.rule else (), hidden)


def deny_draft(paper: Paper, decision: Decision, rule: str) -> Draft:
    """Draft a refusal that a rule of the gateway's own gives though the judge was asked about something else."""
    return _draft(paper, decision, Word.DENY, (rule,))


def could_not_judge(paper: Paper) -> Draft:
    """Draft the refusal of a call that the judge could not be asked about."""
    fields = {"o": Word.DENY.value, "tm": paper.book.terms.digest, "r": ["remit#could-not-judge"]}
    return make_draft(Kind.DECISION, paper.who.credential.use, fields, _hidden(paper, "invoke", None))


def outcome_drafts(opened: Opened, stream: str, outcome: Outcome) -> list[Draft]:
    """Draft the outcome of a call, and of each tool call of it that was let through."""
    form = _outcome_form(stream, outcome.status, outcome.model, outcome.variant, outcome.refused, bool(outcome.hidden))
    template = form.template.replace(_AN_N, f'"of":{opened.n}', 1).replace(_A_TIME, f'"ms":{outcome.added_ms}', 1)
    fields = {**form.fields, "of": opened.n, "ms": outcome.added_ms}
    first = Draft(Kind.OUTCOME, stream, template, fields, write_fields(outcome.hidden))
    if not opened.acts:
        return [first]
    return [first, *(make_draft(Kind.OUTCOME, stream, {"of": act}) for act in opened.acts)]


@lru_cache(maxsize=1024)
def _outcome_form(stream: str, status: int, model: str, variant: str, refused: bool, hides: bool) -> Draft:  # noqa: FBT001 - what it is kept by.
    """Draft an outcome with numbers in it that no log reaches, in whose place the real ones are put."""
    fields: dict[str, object] = {"of": LARGEST_NUMBER, "ms": LARGEST_NUMBER}
    if status:
        fields["status"] = status
        fields["refused"] = refused
    for name, text in (("model", model), ("variant", variant)):
        if text:
            fields[name] = safe_name(text)
    return make_draft(Kind.OUTCOME, stream, fields, {"provider_request": ""} if hides else {})


def close_rows(desk: Desk, opened: Opened) -> None:
    """Take away the rows of a call; raise where one is gone already (2)."""
    for n in (opened.n, *opened.acts):
        if desk.row(row_of(n)) is None:
            raise RowChanged(row_of(n))
        desk.put(row_of(n), None)


def settle_meter(desk: Desk, use: str, opened: Opened, took: Amount | None, seconds: int) -> None:
    """Settle what was reserved to what was taken; what nobody knows stays reserved."""
    if took is None:
        return
    name = METERS + use
    meter = Meter(desk.row(name), seconds)
    reserved = opened.reserved
    money = None if took.money is None or reserved.money is None else took.money - reserved.money
    meter.add(Amount(took.requests - reserved.requests, took.tokens - reserved.tokens, money), opened.seconds)
    desk.put(name, meter.row())


def reserve(desk: Desk, use: str, amount: Amount, seconds: int) -> None:
    """Count a call with the most that it may take."""
    name = METERS + use
    meter = Meter(desk.row(name), seconds)
    meter.add(amount, seconds)
    desk.put(name, meter.row())


def safe_name(text: str) -> str:
    """Return a text as a name that an entry may show; one that is none is shown by its digest."""
    if len(text) <= _LONGEST_NAME and is_name(text):
        return text
    return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _draft(
    paper: Paper,
    decision: Decision,
    word: Word,
    rules: tuple[str, ...] = (),
    more: Mapping[str, object] | None = None,
) -> Draft:
    book, stream = paper.book, paper.who.credential.use
    hidden = _hidden(paper, decision.use.action.value, book.sheet.text(decision.use.action, decision.use.facts))
    if more:
        hidden |= more
    # What went on crossed no boundary, so that its entry differs from the last of its kind in what is hidden alone.
    known = stream, word, rules, id(decision), len(hidden)
    kept = book.forms.get(known)
    if kept is not None and kept[0] is decision:
        return Draft(Kind.DECISION, stream, kept[1].template, kept[1].fields, write_fields(hidden))
    named = dict.fromkeys((*rules, *[reason.rule.reference for reason in decision.because]))
    fields: dict[str, object] = {
        "o": word.value,
        "tm": book.terms.digest,
        "r": [safe_name(name) for name in named or [f"remit#{decision.basis.value}"]],
    }
    if boundaries := _boundaries(book, decision):
        fields["b"] = boundaries
    draft = make_draft(Kind.DECISION, stream, fields, hidden)
    if decision.effect is Effect.PERMIT and book.sheet.is_kept(decision.use.facts):
        if len(book.forms) > _MOST_FORMS:
            book.forms.clear()
        book.forms[known] = decision, draft
    return draft


def _boundaries(book: Rulebook, decision: Decision) -> dict[str, str]:
    """Say of each boundary in force how it answered: `ok`, `crossed`, or `open` where a fact was missing."""
    verdicts = dict.fromkeys(map(safe_name, book.boundaries(decision.use.action, decision.at)), "ok")
    for reason in decision.because:
        if reason.rule.clause.boundary and decision.effect is Effect.DENY:
            verdicts[safe_name(reason.rule.reference)] = "crossed" if reason.surely else "open"
    return verdicts


def _hidden(paper: Paper, action: str, use: Written | None) -> dict[str, object]:
    hidden: dict[str, object] = {"key": paper.who.credential.id, "prompt": paper.prompt}
    if use is not None:
        hidden["use"] = use
    if paper.after:
        hidden["after"] = paper.after
    offers = paper.who.ask.offers
    if offers and action == "invoke":
        hidden["tools"] = _offers_text(offers)
    return hidden


def _offers_text(offers: Sequence[Offer]) -> str:
    """Name every tool that was offered by one digest."""
    text = "\n".join("\x00".join(offer) for offer in offers)
    return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _call_digest(ruling: ToolRuling) -> str:
    call = ruling.call
    text = f"{call.kind}\x00{call.name}\x00{call.arguments}"
    return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _denied(decision: Decision, rule: str) -> Word:
    """Return the word of what did not go on: a hold that nobody can release is on record as a hold."""
    return Word.HOLD if decision.effect is Effect.HOLD and not rule else Word.DENY
