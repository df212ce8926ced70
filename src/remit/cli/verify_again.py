"""Looking again for `remit verify`: the same scan of the same contents, and the same decisions by the same terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.attest.rescan import SURFACES, demand_same_contents, demand_same_findings, read_earlier, redecide
from remit.attest.subject import name_place
from remit.cli.attest_integration import Asked, look
from remit.cli.attest_signing import git_in
from remit.cli.folder import find_folder
from remit.errors import EvidenceRefused, RemitError
from remit.scan.cache import maker
from remit.terms.folder import load_terms
from remit.terms.instant import parse_instant

__all__ = ["SURFACES", "decide_again", "rescan"]

if TYPE_CHECKING:
    from pathlib import Path

    from remit.attest.verify import Verified


def rescan(verified: Verified, path: Path, given: str | None) -> str:
    """Scan the contents of a place as the statement's were, and hold what is found against it."""
    earlier = read_earlier(verified, "rescan")
    changes = any(subject.name == "changes" for subject in verified.statement.subjects)
    said = earlier.predicate.terms
    folder = find_folder(given, near=path)
    try:
        here = name_place(path, git_in(path), with_changes=changes)
        demand_same_contents(verified.statement.subjects, here.subjects)
        terms = None if said is None else load_terms(folder)
        instants = earlier.predicate.validity.start, earlier.predicate.validity.start
        when = instants if said is None else (parse_instant(said["at"]), parse_instant(said["known"]))
        asked = Asked(earlier.predicate.target, earlier.predicate.scope.contracts, terms, folder, when)
        looked = look(path, here, asked)
    except EvidenceRefused:
        raise
    except RemitError as fault:
        raise EvidenceRefused("rescan", str(fault).splitlines()[0].rstrip(".")) from fault
    return demand_same_findings(earlier, looked.record, maker())


def decide_again(verified: Verified, folder: Path) -> str:
    """Decide every use again by the terms in a folder."""
    earlier = read_earlier(verified, "redecide")
    try:
        return redecide(earlier, load_terms(find_folder(str(folder))))
    except EvidenceRefused:
        raise
    except RemitError as fault:
        raise EvidenceRefused("redecide", str(fault).splitlines()[0].rstrip(".")) from fault
