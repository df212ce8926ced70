"""One call from its first byte to its outcome, as a state machine without input or output.

Every endpoint and every reply passes here, in this order and no other:

1. Whose key it is; none that counts ends it.
2. Which endpoint it is for; what is not known is refused.
3. What it asks for; what can be read in two ways is refused.
4. Which model is meant; an unknown one has no authorisation.
5. What is known of the use, and what the caller declares; a contradiction is refused and recorded.
6. Where it may go: the judge is asked for each target, and for every tool that the provider would run itself. What
   counts against a limit is counted within the ledger's own transaction, so that no two calls see the same last place.
   What people must release waits for them, and is judged anew when they have.
7. The decision is durable, and only then the call leaves.
8. The reply is read. A model that was not decided on is judged anew; each proposed tool call is an act of its own,
   judged, recorded, and only then released or refused in its place. Where all were refused the model may be asked once
   more, which is a call of its own: all of this but the client's part of it.
9. The outcome is recorded.

Whatever fails on the way, a rule that could not run too, is a refusal and an entry; there is no way round.
"""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from remit.errors import NotRecorded, RowChanged
from remit.gateway.admission import Admission
from remit.gateway.answer import Answer
from remit.gateway.body import BodyRefused, plain_body
from remit.gateway.call import Call, Refused
from remit.gateway.choice import Bearer, Choice
from remit.gateway.credential import CredentialRefused
from remit.gateway.dialects.dialect import Refusal, Reply
from remit.gateway.dialects.models import list_models, refuse, show_model
from remit.gateway.dialects.register import Serves, route
from remit.gateway.docket import Docket
from remit.gateway.facts import FactsRefused
from remit.gateway.headers import own_headers, sent_headers, text_headers
from remit.gateway.meter import ATTRIBUTES, Amount, cost, soonest
from remit.gateway.record import NOTHING_TAKEN, Outcome, Paper, could_not_judge
from remit.gateway.regeneration import UNAVAILABLE, Begun, lengthen, same_place
from remit.gateway.routing import Found
from remit.gateway.saying import say_refusal
from remit.gateway.step import LET, REFRESH, ClientGone, Give, Record, Send, Stopped
from remit.gateway.unreadable import Unreadable
from remit.gateway.upstream.client import UpstreamFailed
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Generator

    from remit.gateway.credential import Credential
    from remit.gateway.dialects.dialect import Ask, Retold
    from remit.gateway.dialects.register import Route
    from remit.gateway.gate import Gate
    from remit.gateway.ground import Rulebook
    from remit.gateway.routing import Target
    from remit.gateway.step import Answered, Asked, Step
    from remit.terms.decision import Decision

    Steps = Generator[Step, Any, None]

_TRIES = 3
UNNAMED_TOKENS = 4096
"""What an answer is taken to have at most where the request does not say, for what is reserved."""
_BYTES_PER_TOKEN = 3
_NOT_PASSED = "The request was not passed on"


def exchange(asked: Asked, gate: Gate) -> Steps:
    """Take one request through all of it; yields steps and is sent what came of them."""
    began = gate.tick()
    headers = text_headers(asked.headers)
    routed = _routed(asked.method, asked.path)
    if routed.serves is Serves.ALIVE:
        yield Give(_signed(Reply(200, (), b""), gate, ""))
        return
    try:
        credential = gate.switches.keyring.find(asked.headers, gate.now())  # (1)
    except CredentialRefused as error:
        refusal = Refusal(401, "credential_refused", f"{_NOT_PASSED}: {error}.")
        yield Give(_refused(gate, routed, headers, refusal))
        return
    if routed.refused is not None:  # (2)
        yield Give(_refused(gate, routed, headers, routed.refused))
    elif routed.serves is not Serves.CALL or routed.dialect is None:
        models = gate.permitted(credential, gate.now())
        one = routed.serves is Serves.MODEL
        reply = show_model(routed.model, models, headers) if one else list_models(models, headers)
        yield Give(_signed(reply, gate, ""))
    else:
        call = _read(asked, gate, (routed, headers), credential, began)  # (3)
        if isinstance(call, Refusal):
            yield Give(_refused(gate, routed, headers, call))
            return
        yield from _judged(call, gate)


@lru_cache(maxsize=512)
def _routed(method: str, path: bytes) -> Route:
    return route(method, path)


def _read(
    asked: Asked, gate: Gate, found: tuple[Route, dict[str, str]], credential: Credential, began: float
) -> Call | Refusal:
    """Read what a call asks for; return why it is refused where that cannot be read for certain."""
    routed, headers = found
    if routed.dialect is None:
        return Refusal(404, "endpoint_unknown", f"{_NOT_PASSED}: this is no endpoint that calls a model.")
    try:
        body = plain_body(asked, gate.bounds)
        ask = routed.dialect.read(body, headers, asked.query.decode("latin-1"))
        declared = gate.book.sheet.declared(asked.headers, ask.declared)
    except Unreadable as error:
        says = f"{_NOT_PASSED}: {error.where}: expected {error.expected}."
        return Refusal(400, "request_unreadable", says)
    except BodyRefused as error:
        return Refusal(error.status, "body_refused", str(error))
    except FactsRefused as error:
        return Refusal(400, "declaration_refused", f"{_NOT_PASSED}: {error}.")
    prompt = f"sha256:{sha256(body).hexdigest()}"
    return Call(asked, headers, routed, routed.dialect, ask, Bearer(credential, ask, declared), body, prompt, began)


def _judged(call: Call, gate: Gate) -> Steps:
    """Take a call that was read through decision, upstream and reply (4)-(9)."""
    try:
        return (yield from _go(call, gate))
    except ClientGone:
        return None
    except Refused as error:
        refusal = error.refusal
    except NotRecorded as error:
        says = f"{_NOT_PASSED}: it could not be recorded ({error.because})."
        refusal = Refusal(503, "ledger_unavailable", says, retry_after=1)
    except Exception as error:  # noqa: BLE001 - a rule that could not run is a refusal and an entry.
        gate.notes(f"could not judge: {type(error).__name__}: {error}")
        refusal = yield from _could_not_judge(call, gate)
    if call.front is not None and call.front.tells(refusal):
        yield from call.front.conclude(refusal.message)
    else:
        yield Give(_refused(gate, call.route, call.headers, refusal, call.ask))
    return None


def _could_not_judge(call: Call, gate: Gate) -> Generator[Step, Any, Refusal]:
    says = f"{_NOT_PASSED}: it could not be judged."
    try:
        receipt = yield Record(lambda _: [could_not_judge(_paper(call, gate))])
    except NotRecorded as error:
        return Refusal(
            503, "ledger_unavailable", f"{says} Nor could that be recorded ({error.because}).", retry_after=1
        )
    return Refusal(500, "could_not_judge", says, str(receipt.first))


def _go(call: Call, gate: Gate) -> Steps:
    before = ""
    while True:
        docket, choice = yield from _decided(call, gate)
        if docket.admission is not None:
            choice = yield from _admitted(call, gate, docket, docket.admission)
        target, decision = choice.target, choice.decision
        if target is None or decision is None:
            raise Refused(_refusal(docket, choice, before))
        call.tried.add((target.upstream.id, target.model))
        answered = yield from _sent(call, gate, docket, target)  # (7)
        if isinstance(answered, UpstreamFailed):
            before = f"{target.upstream.id} could not be reached ({answered}); "
            if answered.seen or not _others(call, gate):
                raise Refused(_unreached(docket, target, answered))
        elif answered.status in UNAVAILABLE and _others(call, gate):
            before = f"{target.upstream.id} answered {answered.status}; "
            gate.mark_down(target.upstream.id)
            yield LET
            yield from docket.close(Outcome(answered.status, took=NOTHING_TAKEN))
        else:
            again = partial(_again, gate)
            yield from Answer(call, gate, docket, (target, decision), answered, again).run()  # (8), (9)
            return


def _again(gate: Gate, call: Call, target: Target, told: Retold) -> Generator[Step, Any, Begun | None]:
    """Ask the model once more in the middle of a reply: (1) and (4)-(7) for a call to the same place, or nothing."""
    try:
        more = lengthen(call, told, gate)
        if more is None:
            return None
        gate.switches.keyring.find(more.asked.headers, gate.now())  # (1)
        docket, choice = yield from _decided_again(more, gate, target, redirected=len(call.tried) > 1)
        if choice.target is None or choice.decision is None:
            return None
        answered = yield from _sent(more, gate, docket, choice.target)
    except (CredentialRefused, NotRecorded):
        return None
    except ClientGone:
        raise
    except Exception as error:  # noqa: BLE001 - as where a call is judged that comes from a client.
        gate.notes(f"could not judge: {type(error).__name__}: {error}")
        yield from _could_not_judge(call, gate)
        return None
    return None if isinstance(answered, UpstreamFailed) else Begun(more, docket, choice.decision, answered)


def _decided_again(
    call: Call, gate: Gate, target: Target, *, redirected: bool
) -> Generator[Step, Any, tuple[Docket, Choice]]:
    """Decide on a call that may go to one place only, without people, and have it on record."""
    for _ in range(_TRIES):
        found = same_place(_found(call, gate), target)
        docket = Docket(gate, _paper(call, gate), call.began)
        if not found.targets:
            return docket, Choice(None)
        amounts = [_most(call, gate.book, each) for each in found.targets]
        try:
            return docket, (yield from docket.decide(found, amounts, gate.now(), redirected=redirected))
        except RowChanged:
            yield REFRESH
    raise NotRecorded("the terms changed again and again while it was judged")


def _sent(call: Call, gate: Gate, docket: Docket, target: Target) -> Generator[Step, Any, Answered | UpstreamFailed]:
    """Send the call on; what has no answer has its outcome on record before anything else is tried."""
    try:
        send = _send(call, target)
        send.ends = partial(gate.stopped, call.who.credential.use, target.model)
        answered: Answered = yield send
    except UpstreamFailed as error:
        if not error.seen:
            gate.mark_down(target.upstream.id)
        took = None if error.seen else NOTHING_TAKEN
        yield from docket.close(Outcome(took=took, hidden={"fault": str(error)}))
        return error
    except Stopped:
        yield from docket.close(Outcome(hidden={"fault": "stopped"}))
        stopped = gate.stopped(call.who.credential.use, target.model)
        says = f"The reply was not waited for: people stopped it ({stopped})."
        raise Refused(Refusal(403, "stopped", says, docket.name)) from None
    except ClientGone:
        yield from docket.close(Outcome(hidden={"fault": "client-gone"}))
        raise
    return answered


def _decided(call: Call, gate: Gate) -> Generator[Step, Any, tuple[Docket, Choice]]:
    """Decide, and have it on record; where other terms have become active meanwhile, do both anew (5), (6)."""
    for _ in range(_TRIES):
        book, at = gate.book, gate.now()
        found = _found(call, gate)
        docket = Docket(gate, _paper(call, gate), call.began)
        amounts = [_most(call, book, target) for target in found.targets]
        try:
            waits = None if gate.holds is None else Admission(call, gate)
            choice = yield from docket.decide(found, amounts, at, waits, redirected=bool(call.tried))
        except RowChanged:
            yield REFRESH
            continue
        return docket, choice
    raise NotRecorded("the terms changed again and again while it was judged")


def _admitted(call: Call, gate: Gate, docket: Docket, admission: Admission) -> Generator[Step, Any, Choice]:
    """Wait for people, and choose anew once they released the use: by then it may be denied, or go nowhere."""
    yield from admission.wait()
    for _ in range(_TRIES):
        found = _found(call, gate)
        found = found._replace(targets=tuple(target for target in found.targets if target.model == admission.model))
        docket.paper = _paper(call, gate)
        amounts = [_most(call, gate.book, target) for target in found.targets]
        try:
            choice = yield from docket.admit(found, amounts, admission)
        except RowChanged:
            yield REFRESH
            continue
        if admission.refused:
            raise Refused(admission.refusal)
        return choice
    raise NotRecorded("the terms changed again and again while it was judged")


def _paper(call: Call, gate: Gate) -> Paper:
    return Paper(gate.book, call.who, call.prompt, gate.owner, call.after)


def _found(call: Call, gate: Gate) -> Found:
    """Find the targets of a call that were not tried yet; an unknown model has none (4)."""
    book = gate.book
    model = book.names.resolve(call.ask.model)
    if model is None:
        says = f"no row of the catalogue or the register has a model {call.ask.model[:80]!r}"
        return Found((), (says,), ("remit#unknown-model",))
    who, name = call.who.credential, call.ask.model
    cuts = gate.switches.cuts
    found = book.routes.find(model, name, who, call.dialect.name, cuts=cuts, is_down=gate.is_down)
    if not call.tried:
        return found
    left = tuple(t for t in found.targets if (t.upstream.id, t.model) not in call.tried)
    return found._replace(targets=left, why_not=(*found.why_not, "every other upstream was tried"))


def _others(call: Call, gate: Gate) -> bool:
    return bool(_found(call, gate).targets)


def _most(call: Call, book: Rulebook, target: Target) -> Amount:
    """Return the most a call may take, which is reserved before it leaves."""
    tokens_in = len(call.body) // _BYTES_PER_TOKEN + 1
    most = UNNAMED_TOKENS if call.ask.most_tokens is None else call.ask.most_tokens
    tokens_out = most * max(1, call.ask.choices)
    return Amount(1, tokens_in + tokens_out, cost(book.prices.get(target.model), tokens_in, tokens_out))


def _send(call: Call, target: Target) -> Send:
    body = call.body if target.wire == call.ask.model else call.dialect.with_model(call.body, target.wire)
    # Only Anthropic's wire has a query, and none of another's may say anything that was not judged.
    query = call.asked.query if call.dialect.name.startswith("anthropic") else b""
    return Send(target, call.dialect.name, call.route.path, query, sent_headers(call.asked.headers), body)


def _refusal(docket: Docket, choice: Choice, before: str) -> Refusal:
    """Say why nothing was chosen: the gateway's own rule, or the clause, its instrument and its instant."""
    deciding = choice.deciding
    if choice.rule or deciding is None:
        code = choice.rule.removeprefix("remit#").replace("-", "_").replace("/", "_")
        return Refusal(502 if before else 403, code, f"{_NOT_PASSED}: {before}{choice.says}.", docket.name)
    tool = ", ".join(deciding.use.words("tool.name"))
    what = f"the tool {tool}, which the provider would run itself" if tool else "this call"
    says = before + say_refusal(docket.paper.book.terms, deciding, what)
    if deciding.effect is Effect.HOLD:
        if docket.missing:
            says += (
                f" The terms ask to show {', '.join(docket.missing)}, which cannot be shown before the model answers."
            )
        return Refusal(403, "terms_held", says, docket.name)
    if limits := _limits(deciding):
        return Refusal(429, "limit_reached", says, docket.name, soonest(limits, int(deciding.at.timestamp())))
    return Refusal(403, "terms_denied", says, docket.name)


def _limits(decision: Decision) -> frozenset[str]:
    """Return what was used too much of, where that is what denied, and which time alone can change."""
    named = [ATTRIBUTES & reason.rule.clause.when.attributes() for reason in decision.because]
    return frozenset().union(*named)


def _unreached(docket: Docket, target: Target, error: UpstreamFailed) -> Refusal:
    says = f"The call was permitted, and {target.upstream.id} gave no answer. {error}"
    if error.seen:
        return Refusal(502, "upstream_failed", says, docket.name)
    return Refusal(503, "upstream_unreachable", says, docket.name, retry_after=1)


def _refused(gate: Gate, routed: Route, headers: dict[str, str], refusal: Refusal, ask: Ask | None = None) -> Reply:
    """Write a refusal in the form that the client's own library understands."""
    dialect = routed.dialect
    reply = refuse(refusal, headers) if dialect is None else dialect.refuse(refusal, ask)
    return _signed(reply, gate, refusal.decision)


def _signed(reply: Reply, gate: Gate, decision: str) -> Reply:
    own = tuple((name.decode(), value.decode()) for name, value in own_headers(decision, gate.book.terms.digest))
    return reply._replace(headers=(*reply.headers, *own))
