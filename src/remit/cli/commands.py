"""The commands there are: a table that is read before any command is imported.

A command's name leads to its file: `terms check` is `terms_check.py`.
That file has `add_to(subparsers)`, which adds one parser with a summary, its options in groups and an example
under `epilog`, and `run(args) -> int`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = {
    "Find and judge": {
        "scan": "find the models that are part of a folder of code",
        "check": "hold what a scan finds against the terms",
        "why": "say which clauses decide a use, and what would change it",
    },
    "Write terms": {
        "init": "start a folder of terms",
        "terms check": "find every fault in a folder of terms",
        "terms explain": "say in sentences what the terms ask",
        "terms timeline": "show what came into force when, and when it was known",
        "terms test": "run the examples that stand beside the terms",
        "terms prove": "ask whether a boundary holds, whatever a caller says",
        "terms diff": "show what a change newly forbids, permits and holds",
        "terms export": "write the terms for another engine",
        "terms schema": "print the schema that an editor checks terms by",
    },
    "Enforce": {
        "serve": "serve the gateway, at which the terms hold for every call",
        "mcp": "stand between an agent and a tool server that it starts",
        "key new": "make a key for one use case, and show it once",
        "key list": "list the keys there are",
        "key revoke": "end a key",
        "approvals": "show the calls that wait for people",
        "approve": "see a call that waits, and sign that it may go on",
        "refuse": "see a call that waits, and sign that it may not go on",
        "revoke": "take an approval back, or stop a use, a model or a maker",
        "breakglass": "go past a provider's clauses by name, for a short while",
        "check-release": "ask, where a tool is carried out, whether it was released",
        "try": "judge a call or a tool call, and send nothing",
        "drill": "rehearse the loss of a maker against recorded traffic",
        "stats": "count what went through the gateway",
        "report interference": "say whether the limits ever got in the way",
        "detector suggest": "suggest an effect for tools, by their words",
        "detector measure": "measure a detector on labelled rows",
        "detector train": "make weights from labelled rows of your own",
    },
    "Keep evidence": {
        "log init": "start a log of what happened",
        "log append": "write entries to a log, and publish it",
        "log show": "show entries of a log",
        "log verify": "verify a log, a parcel out of it or a proof",
        "log prove": "prove that an entry stands in a log",
        "log rotate": "hand a log on to another key, and retire the old one",
        "log stamp": "have a third party's time put on a checkpoint",
        "log summary": "commit to the counts of a range of entries",
        "log recount": "count a range again, and hold a summary against it",
        "log open": "open fields of entries that were chosen or drawn",
        "log replay": "decide recorded decisions again, by the terms kept",
        "log reconcile": "hold a log against a provider's own list or bill",
        "log export": "pack evidence for a third party to carry away",
        "witness serve": "cosign the checkpoints that logs send by HTTP",
        "witness sign": "cosign a checkpoint from file to file",
    },
    "Say so that others can check": {
        "attest": "sign a statement of what was looked for, and found",
        "verify": "check a signed statement, by a key from elsewhere",
        "suppliers request": "write a signed request for each supplier that must answer",
        "suppliers intake": "take answers in as they came, and give receipts",
        "suppliers status": "say where every supplier stands, and the way to the worst",
        "suppliers graph": "show who supplies whom, as a tree, a table or a page",
        "report exposure": "say what depends on one maker, and what is not known",
        "report inquiry": "record where one looked, for a person to sign",
        "report notice": "prepare a notice, with its fields and both deadlines",
    },
    "Look ahead": {
        "whatif": "show what a new order would change, for each use case",
        "clock": "list the deadlines that run, the soonest first",
    },
    "Look things up": {
        "catalogue add": "add a row of your own beside the terms",
        "catalogue check": "look for overlapping, faulty and stale rows",
        "catalogue list": "list the makers, models and packages Remit knows",
        "catalogue show": "show one entry of the catalogue with its sources",
    },
}
"""The order of the groups, and of the commands in each, is the order of the help."""

COMMANDS = {name: summary for group in GROUPS.values() for name, summary in group.items()}

FAMILIES = frozenset(name.split()[0] for name in COMMANDS if " " in name)
"""First words that are no command of their own: `terms`, `catalogue`."""


def module_of(name: str) -> str:
    """Name the module a command lives in."""
    return f"remit.cli.{name.replace(' ', '_').replace('-', '_')}"


def named_by(words: Sequence[str]) -> str:
    """Find the command that the words begin with, or raise and name those that may have been meant."""
    name = " ".join(words[: 2 if words[0] in FAMILIES else 1])
    if name in COMMANDS:
        return name
    if name.startswith("-"):
        raise UsageError(f"Nothing was done: remit itself has no option {name}.\n  See: remit --help")
    meant = _similar_to(name)
    hint = "".join(f"\n  Did you mean: remit {command}" for command in meant) or "\n  See: remit --help"
    raise UsageError(f"Nothing was done: remit has no command {name!r}.{hint}")


def _similar_to(name: str) -> list[str]:
    # Imported only for a mistake, because every other start would pay for it.
    from difflib import get_close_matches

    same_word = [command for command in COMMANDS if name in command.split()]
    return same_word or get_close_matches(name, COMMANDS, n=2, cutoff=0.6)


def overview(family: str | None = None) -> str:
    """List the commands in their groups, or those of one family alone."""
    lines = [f"usage: remit {family or ''}{' ' if family else ''}COMMAND ...", ""]
    for title, commands in GROUPS.items():
        shown = {name: said for name, said in commands.items() if family in {None, name.split()[0]}}
        if shown:
            lines += [f"{title}:", *(f"  {name:<17} {said}" for name, said in shown.items()), ""]
    lines += ["  remit COMMAND --help says more; --traceback shows where Remit itself failed."]
    return "\n".join(lines)
