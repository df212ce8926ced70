"""A request to one supplier: one file that says what is asked, how to answer, and where the answer goes.

1. It is YAML that this project reads and that a person fills in with a text editor; the questions stand beside the
   places for their answers.
2. Whatever comes from the register is quoted so that it stays one value, and is kept to one line in the comments.
3. It is signed as it is; the supplier fills in a copy and signs that, so that neither signature covers the other.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from remit.attest.ssh_signature import NAMESPACE
from remit.attest.suppliers.keys import MINISIGN
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.attest.suppliers.register import Round, Supplier

FORM = "remit-supplier-answer/v0.1"
ENDING = ".request.yaml"
ANSWER_ENDING = ".answer.yaml"
_WIDTH = 100


def write_request(rounds: Round, supplier: Supplier, nonce: str) -> bytes:
    """Write the file for one supplier."""
    lines = [
        *_instructions(rounds, supplier),
        f"form: {FORM}",
        "",
        *_asked(rounds, supplier, nonce),
        "",
        *_questions(rounds, supplier),
    ]
    return ("\n".join(lines) + "\n").encode()


def _instructions(rounds: Round, supplier: Supplier) -> Iterator[str]:
    due = write_instant(supplier.due or rounds.due)
    request, answer = supplier.id + ENDING, supplier.id + ANSWER_ENDING
    yield f"# {_line(rounds.name)} asks {_line(supplier.name)} for a signed statement, by {due}."
    yield "#"
    yield from _comment(
        f"The question is whether models of {rounds.target.maker} are part of what you deliver or use for the "
        f"contracts named below. It is asked because of {rounds.order.id}, version {rounds.order.version}. You need a "
        "text editor and OpenSSH, and nothing else. Somebody who may speak for your firm answers."
    )
    yield "#"
    yield "# 1. See that this file is ours. Our key goes into a file allowed_signers; get it by another way than this."
    yield "#"
    yield (f"#      ssh-keygen -Y verify -f allowed_signers -I {rounds.by} -n {NAMESPACE} -s {request}.sig < {request}")
    yield "#"
    yield f"# 2. Copy it to {answer}, and answer there. Fill in what stands below `answer:`; everything else"
    yield "#    stays as it is. Leave the quotation marks where they are."
    yield "#"
    yield "# 3. Sign it, with a key of yours that we know. This writes a second file, which ends in .sig."
    yield "#"
    yield f"#      ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519 {answer}"
    if MINISIGN in rounds.accepts:
        yield "#"
        yield f"#    Or with minisign: minisign -Sm {answer}"
    yield "#"
    yield f"# 4. Send both files to {_line(rounds.return_to)}. You get a signed receipt."
    yield "#"
    yield from _comment(
        "Say what you looked at and what you did not. `not-found` with a gap that is named is a good answer; nobody "
        "can tell a gap that is not named from a place that was looked at. If you cannot sign, send it unsigned: it "
        "is typed in here, and counts for less."
    )
    yield ""


def _asked(rounds: Round, supplier: Supplier, nonce: str) -> Iterator[str]:
    order, target = rounds.order, rounds.target
    yield "# What is asked. Do not change this part: the answer is held against it."
    yield "request:"
    yield f"  by: {_scalar(rounds.by)}"
    yield f"  by_name: {_scalar(rounds.name)}"
    yield f"  supplier: {_scalar(supplier.id)}"
    yield f"  round: {_scalar(rounds.id)}"
    yield f"  nonce: {_scalar(nonce)}"
    yield f"  asked: {_scalar(write_instant(rounds.asked))}"
    yield f"  due: {_scalar(write_instant(supplier.due or rounds.due))}"
    yield f"  return_to: {_scalar(rounds.return_to)}"
    yield f"  order: {{id: {_scalar(order.id)}, version: {order.version}, digest: {_scalar(order.digest)}}}"
    yield f"  target: {{maker: {_scalar(target.maker)}, models: {_list(target.models)}, lineage: {target.lineage}}}"
    yield f"  role: {supplier.role}"
    yield f"  contracts: {_list(sorted(supplier.covers.contracts))}"
    if supplier.covers.systems:
        yield f"  systems: {_list(sorted(supplier.covers.systems))}"
    yield f"  grade: {rounds.grade}"
    yield f"  surfaces: {_list(rounds.surfaces)}"
    yield f"  keys: {_list(rounds.accepts)}"


def _questions(rounds: Round, supplier: Supplier) -> Iterator[str]:
    maker = rounds.target.maker
    yield "answer:"
    yield "  # What did you find? One of:"
    yield f"  #   not-found     we looked, and found no model of {maker} where we looked"
    yield "  #   found         there is one"
    yield "  #   removed       there was one, and it is gone; say below what and when"
    yield "  #   under-review  we are still looking"
    yield "  #   not-inquired  we have not looked"
    yield '  status: ""'
    yield ""
    yield "  # On which day is this so? Such as 2026-08-20. It then counts for 90 days, unless you say less."
    yield '  made: ""'
    yield "  # valid_until: 2026-10-01"
    yield ""
    yield "  # What is it about? Take out what it is not about."
    yield f"  contracts: {_list(sorted(supplier.covers.contracts))}"
    if supplier.covers.systems:
        yield f"  systems: {_list(sorted(supplier.covers.systems))}"
    if supplier.covers.subjects:
        yield "  delivered:"
        for subject in supplier.covers.subjects:
            yield f"    - {{name: {_scalar(subject.name)}, digest: {_scalar(subject.digest)}}}"
    yield ""
    yield from _places(rounds)
    yield "  # Is there a part that you left out? Then take away the # and say which, and why; `see` names the"
    yield "  # supplier of yours that answers for it."
    yield "  # excluded:"
    yield '  #   - {what: "third_party/", why: "delivered by another firm", see: "s7"}'
    yield ""
    yield "  # If it was removed: what, on which day, and what took its place?"
    yield "  # removed:"
    yield '  #   - {what: "the assistant of the portal", on: 2026-07-14, replaced_by: "osprey-2"}'
    yield ""
    yield from _own_suppliers()
    yield "  # Who affirms this, and in which role?"
    yield '  affirmed_by: {name: "", role: ""}'
    yield ""
    yield "  # Does it take the place of an earlier answer? Then name the digest in the receipt you got for that."
    yield "  # supersedes: [sha256:...]"


def _places(rounds: Round) -> Iterator[str]:
    yield "  # Where did you look? For each place: how many things you looked at (seen), how many more there are that"
    yield "  # you did not look at (unread; `unknown` if nobody can say), and why not. Where there is nothing of the"
    yield "  # kind, both are 0."
    yield "  surfaces:"
    for name in rounds.surfaces:
        yield f"    - name: {_scalar(name)}"
        yield '      seen: ""'
        yield '      unread: ""'
        yield '      # why: ""'
    yield ""


def _own_suppliers() -> Iterator[str]:
    yield "  # Which suppliers of yours work on this? If none does, say why that is so."
    yield "  # If some do, replace this by a list, in one of these ways for each:"
    yield "  #   suppliers:"
    yield "  #     - {id: s7, statement: sha256:...}                     you send us its statement, with this digest"
    yield '  #     - {id: s8, missing: "no answer since 2026-08-01"}     you asked, and it has not answered'
    yield "  #     - {id: p1, sealed: true, statement: sha256:...}       under a name you chose; we see the digest only"
    yield "  # or, if you name nobody, by your own count of them:"
    yield "  #   suppliers: {rolled_up: {required: 9, answered: 7, worst: missing}}"
    yield "  suppliers:"
    yield '    none: ""'
    yield ""


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH)]


def _line(text: str) -> str:
    """Keep a text to one line, so that it cannot end the comment that it stands in (2)."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_scalar, values))}]"


def _scalar(text: str) -> str:
    """Quote a text as one YAML scalar in double quotes (2)."""
    return '"' + "".join(map(_sign, text)) + '"'


def _sign(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"
