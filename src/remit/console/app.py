"""The console as an ASGI callable: signs people in, shows pages, and passes on what they sign.

1. Nothing is shown to whoever is not signed in, but the way to sign in.
2. Every answer says that nothing may be loaded from elsewhere, framed, or kept.
3. What changes anything is a form of a session's own pages; what it changes is decided by the same code as anywhere.
4. How long somebody looked is measured here, from when their sheet was first sent to when their answer came.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import jinja2

from remit.console.entry import (
    SignIn,
    cookie,
    find_session,
    new_sign_in,
    new_token,
    read_sign_in,
    sign_in,
    sign_out,
    stale_rows,
)
from remit.console.view import VIEWS, Seen, marks, view_call
from remit.errors import EvidenceRefused, NothingToLookAt, RemitError
from remit.gateway.oversight.passkey import PasskeyVerifier, enrolled
from remit.gateway.oversight.statement import from_base64url
from remit.gateway.oversight.vote import APPROVED, REFUSED, SignedVote, make_vote, read_vote
from remit.gateway.oversight.waiting import LOOKS, answer_call, find_held
from remit.ledger.writer import write_time
from remit.terms.quorum import find_person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from remit.console.entry import Session
    from remit.gateway.inside import Inside
    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk

    Message = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Sender = Callable[[Message], Awaitable[None]]

PLACE = "/console"
_HERE = Path(__file__).parent
_MOST = 256 * 1024
_LIVE_EVERY = 0.5
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    ("content-security-policy", _POLICY),  # (2)
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
)
_STATIC = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
PAGES = ("queue", "history", "use-cases", "decisions", "terms", "log", "attention")


class Answer(NamedTuple):
    """What goes back to the browser."""

    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser asks for."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    """The address that our pages have, as the browser must know it."""

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form, or of an object of JSON."""
        if self.headers.get("content-type", "").startswith("application/json"):
            found = json.loads(self.body)
            return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
        return {name: values[-1] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


class Console:
    """Answers what browsers ask at one gateway."""

    def __init__(self, inside: Inside, origin: str = "") -> None:
        self._inside = inside
        self._origin = origin.rstrip("/")
        loader = jinja2.FileSystemLoader(_HERE / "pages")
        self._pages = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._routes: dict[tuple[str, str], Callable[[Asked, Session | None], Awaitable[Answer]]] = {
            ("GET", "sign-in"): self._show_sign_in,
            ("POST", "sign-in/begin"): self._begin_sign_in,
            ("POST", "sign-in/end"): self._end_sign_in,
            ("POST", "sign-out"): self._sign_out,
            ("GET", "enrol"): self._show_enrol,
            ("POST", "enrol"): self._enrol,
        }

    async def __call__(self, scope: Message, receive: Receive, send: Sender) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix(PLACE).strip("/")
        origin = self._origin or f"http://localhost:{(scope.get('server') or ('', 80))[1]}"
        body = await _read_body(receive)
        if body is None:
            await _give(send, Answer(413, "text/plain", b"too long"))
            return
        asked = Asked(scope["method"], path, headers, body, origin)
        try:
            session = await self._session(asked)
            if path == "events" and session is not None:
                await self._tell(receive, send, session)
                return
            answer = await self._answer(asked, session)
        except NothingToLookAt as error:
            answer = self._wrong(404, str(error).splitlines()[0])
        except EvidenceRefused as refused:
            answer = self._wrong(403, refused.says)
        except (ValueError, KeyError):
            answer = self._wrong(400, "the form is not one of these pages")
        except RemitError as error:
            answer = self._wrong(503, str(error).splitlines()[0])
        await _give(send, answer)

    async def _answer(self, asked: Asked, session: Session | None) -> Answer:
        if asked.path.startswith("static/"):
            return _static(asked.path.removeprefix("static/"))
        if asked.method == "POST":
            _demand_own(asked)
        route = self._routes.get((asked.method, asked.path))
        if route is not None:
            return await route(asked, session)
        if session is None:  # (1)
            return _see(f"{PLACE}/sign-in")
        if asked.path.startswith("call/"):
            return await self._at_call(asked, session)
        name = asked.path or PAGES[0]
        if asked.method == "GET" and name in VIEWS:
            found = await asyncio.to_thread(self._view, session, VIEWS[name])
            return self._page(f"{name}.html", session, name, found)
        raise NothingToLookAt("There is no such page.")

    async def _session(self, asked: Asked) -> Session | None:
        cookies = asked.headers.get("cookie", "")
        return await asyncio.to_thread(self._look, partial(self._find_session, cookies)) if cookies else None

    def _find_session(self, cookies: str, store: Store) -> Session | None:
        return find_session(store, cookies, self._inside.gate.book.terms.register, self._inside.gate.now())

    def _look(self, see: Callable[[Store], Any]) -> Any:  # noqa: ANN401 - whatever is seen.
        store = self._inside.log.open_store()
        try:
            return see(store)
        finally:
            store.close()

    def _view(self, session: Session, view: Callable[[Seen], dict[str, Any]]) -> dict[str, Any]:
        gate = self._inside.gate
        look = self._look(
            lambda store: view(Seen(store, self._inside.log, gate.book.terms, gate.now(), session.person, gate.people))
        )
        found: dict[str, Any] = look
        return found

    def _page(self, name: str, session: Session | None, place: str, found: dict[str, Any], status: int = 200) -> Answer:
        shown = {
            "place": place,
            "pages": PAGES,
            "person": None if session is None else session.person,
            "form_token": "" if session is None else session.form_token,
            "organisation": self._inside.gate.book.terms.register.organisation or "Remit",
            "now": write_time(self._inside.gate.now()),
            **found,
        }
        body = self._pages.get_template(name).render(shown).encode()
        return Answer(status, "text/html; charset=utf-8", body)

    def _wrong(self, status: int, says: str) -> Answer:
        return self._page("wrong.html", None, "", {"says": says, "status": status}, status)

    async def _show_sign_in(self, asked: Asked, session: Session | None) -> Answer:
        if session is not None:
            return _see(PLACE)
        return self._page("sign-in.html", None, "sign-in", {"site": asked.origin})

    async def _begin_sign_in(self, asked: Asked, _session: Session | None) -> Answer:
        """Give the statement to sign; whoever the register does not know gets one too, which nobody can sign."""
        name, nonce, at = asked.form["person"][:128], new_token(), self._inside.gate.now()
        stale = await asyncio.to_thread(self._look, lambda store: stale_rows(store, at))
        await self._inside.writer.commit_async(
            settle=lambda desk: new_sign_in(desk, name, asked.origin, nonce, at, stale)
        )
        said = SignIn(name, asked.origin, nonce, write_time(at))
        person = find_person(self._inside.gate.book.terms.register, name)
        keys = [passkey.id for passkey in person.passkeys] if person is not None else []
        return _json(200, {"statement": said.statement.decode(), **_to_sign(said.challenge, keys, asked.origin)})

    async def _end_sign_in(self, asked: Asked, _session: Session | None) -> Answer:
        form, gate, token = asked.form, self._inside.gate, new_token()
        said = read_sign_in(form["statement"].strip().encode())
        verifier = _verifier(asked.origin)
        try:
            settle = sign_in(
                said, form["signature"].encode(), gate.book.terms.register, verifier, token=token, at=gate.now()
            )
            await self._inside.writer.commit_async(settle=settle)
        except EvidenceRefused as refused:
            return _json(403, {"says": refused.says})
        secure = asked.origin.startswith("https:")
        return _json(200, {"to": PLACE}, ("set-cookie", cookie(token, secure=secure)))

    async def _sign_out(self, asked: Asked, session: Session | None) -> Answer:
        if session is not None:
            session.demand_token(asked.form.get("form_token", ""))
            await self._inside.writer.commit_async(settle=lambda desk: sign_out(desk, session.token))
        return _see(f"{PLACE}/sign-in", ("set-cookie", cookie("", secure=asked.origin.startswith("https:"))))

    async def _show_enrol(self, asked: Asked, session: Session | None) -> Answer:
        name = "" if session is None else session.person.id
        return self._page("enrol.html", session, "enrol", {"name": name, "site": urlsplit(asked.origin).hostname or ""})

    async def _enrol(self, asked: Asked, _session: Session | None) -> Answer:
        """Write the row that the register needs for a passkey; who keeps the register puts it there, or does not."""
        form = asked.form
        row = enrolled(form["credential"], from_base64url(form["challenge"]), _verifier(asked.origin))
        return _json(200, {"row": f"passkeys: [{{id: {row['id']}, key: {row['key']}}}]"})

    async def _at_call(self, asked: Asked, session: Session) -> Answer:
        _, name, *rest = asked.path.split("/")
        if asked.method == "GET" and not rest:
            found = await asyncio.to_thread(self._view, session, partial(view_call, name=name))
            if found["call"]["open"]:
                await self._note_look(session, name)
            return self._page("call.html", session, "queue", found)
        if asked.method == "POST" and rest in (["statement"], ["answer"]):
            session.demand_token(asked.form["form_token"])  # (3)
            held = await asyncio.to_thread(self._look, lambda store: find_held(store, name))
            if rest == ["statement"]:
                return self._statement(asked, session, held)
            return await self._take(asked, session, held)
        raise NothingToLookAt("There is no such page.")

    async def _note_look(self, session: Session, name: str) -> None:
        """Note since when a sheet is before somebody (4)."""
        held = await asyncio.to_thread(self._look, lambda store: find_held(store, name))
        row, at = _look_row(session, held.call.digest, held.nonce), write_time(self._inside.gate.now()).encode()

        def settle(desk: Desk) -> list[Draft]:
            if desk.row(row) is None:
                desk.put(row, at)
            return []

        await self._inside.writer.commit_async(settle=settle)

    def _statement(self, asked: Asked, session: Session, held: Any) -> Answer:  # noqa: ANN401 - a held call.
        form, person = asked.form, session.person
        if form["answer"] not in {APPROVED, REFUSED} or (form["answer"] == REFUSED and not form["reason"].strip()):
            return _json(400, {"says": "to refuse takes a reason"})
        vote = make_vote(
            held.call.digest, held.sheet.digest, held.nonce, person.id, form["role"], form["answer"],
            at=self._inside.gate.now(),
        )  # fmt: skip
        vote = replace(vote, reason=form.get("reason", "").strip()[:500])
        keys = [passkey.id for passkey in person.passkeys]
        return _json(200, {"statement": vote.statement.decode(), **_to_sign(vote.challenge, keys, asked.origin)})

    async def _take(self, asked: Asked, session: Session, held: Any) -> Answer:  # noqa: ANN401 - a held call.
        form, gate = asked.form, self._inside.gate
        vote = read_vote(form["statement"].strip().encode())
        if vote.person != session.person.id:
            return _json(403, {"says": "the statement is of somebody else than who is signed in"})
        row, at = _look_row(session, held.call.digest, held.nonce), gate.now()
        looked: list[bytes] = [content for name, content in self._look(lambda s: list(s.rows(row))) if name == row]
        ms = _since(looked[0].decode(), write_time(at)) if looked else 0
        step = answer_call(
            held.call.digest,
            SignedVote(vote, form["signature"].strip().encode()),
            gate.book.terms.register,
            at,
            ms=ms,
            check_passkey=_verifier(asked.origin),
        )

        def settle(desk: Desk) -> list[Draft]:
            drafts = step(desk)
            desk.put(row, None)
            return drafts

        try:
            await self._inside.writer.commit_async(settle=settle)
        except EvidenceRefused as refused:
            return _json(403, {"says": refused.says})
        return _json(200, {"state": step.call.state.value, "to": PLACE})

    async def _tell(self, receive: Receive, send: Sender, session: Session) -> None:
        """Tell a page when the queue changes, for as long as it listens and its session lasts."""
        headers = [(b"content-type", b"text/event-stream"), *((n.encode(), v.encode()) for n, v in _ALWAYS)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        before, gone = "", asyncio.ensure_future(receive())
        while self._inside.gate.now() < session.until and not gone.done():
            found = await asyncio.to_thread(self._look, marks)
            event = b"event: queue\ndata: changed\n\n" if found != before and before else b": here\n\n"
            before = found
            await send({"type": "http.response.body", "body": event, "more_body": True})
            await asyncio.wait({gone}, timeout=_LIVE_EVERY)
        gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _since(begun: str, at: str) -> int:
    from datetime import datetime  # noqa: PLC0415 - to read two instants, and never the clock.

    length = datetime.fromisoformat(at) - datetime.fromisoformat(begun)
    return max(0, round(length.total_seconds() * 1000))


def _look_row(session: Session, digest: str, nonce: str) -> str:
    return f"{LOOKS}{session.person.id}/{digest.removeprefix('sha256:')}/{nonce}"


def _demand_own(asked: Asked) -> None:
    """Refuse a form that does not come from our own pages (3)."""
    if asked.headers.get("origin") != asked.origin:
        says = f"the form comes from {asked.headers.get('origin', 'nowhere')}, and these pages are at {asked.origin}"
        raise EvidenceRefused("form-origin", says)


def _verifier(origin: str) -> PasskeyVerifier:
    return PasskeyVerifier(urlsplit(origin).hostname or "", origin)


def _to_sign(challenge: bytes, keys: list[str], origin: str) -> dict[str, Any]:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - for one line.

    encoded = urlsafe_b64encode(challenge).rstrip(b"=").decode()
    return {"challenge": encoded, "keys": keys, "site": urlsplit(origin).hostname or ""}


def _static(name: str) -> Answer:
    kind = _STATIC.get(name)
    if kind is None:
        raise NothingToLookAt("There is no such file.")
    return Answer(200, kind, (_HERE / "static" / name).read_bytes())


def _json(status: int, found: dict[str, Any], *headers: tuple[str, str]) -> Answer:
    return Answer(status, "application/json", json.dumps(found).encode(), headers)


def _see(place: str, *headers: tuple[str, str]) -> Answer:
    return Answer(303, "text/plain", b"", (("location", place), *headers))


async def _read_body(receive: Receive) -> bytes | None:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MOST:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return body


async def _give(send: Sender, answer: Answer) -> None:
    pairs = (("content-type", answer.kind), ("content-length", str(len(answer.body))), *_ALWAYS, *answer.headers)
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in pairs]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
