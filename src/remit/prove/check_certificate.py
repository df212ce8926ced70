"""Check a certificate that `remit terms prove --certificate` wrote, against a folder of terms.

It stands alone and needs Python only: python check_certificate.py CERTIFICATE FOLDER
It shows that the claims follow from the compiled rows, and that these files are the ones named. That the rows say what
the files say it does not show; `remit terms export json` compiles them anew, and a second reading is a person's.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Box = list[int]


def _named(record: object) -> str:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _expect(holds: object, says: str) -> None:
    if not holds:
        sys.exit(f"The certificate does not hold: {says}.")


def _misses(row: Row, box: Box) -> bool:
    return not all(a & b for a, b in zip(row["box"], box, strict=True))


def _covers(row: Row, box: Box) -> bool:
    return all(b & ~a == 0 for a, b in zip(row["box"], box, strict=True))


def _is_gone(rows: list[Row], row: Row, box: Box) -> bool:
    """Tell whether a row misses a box, or a row that nothing can lift there takes it away."""
    lifts = (rows[up] for up in row["lifted_by"] if _covers(rows[up], box))
    return _misses(row, box) or any(all(_misses(rows[up], box) for up in lift["lifted_by"]) for lift in lifts)


def _walk(rows: list[Row], box: Box, node: dict[str, Any], stops: set[str]) -> None:
    """Follow the tree of a proof: each part of the box is stopped by a row, or by nothing permitting it."""
    if "axis" in node:
        axis, union = node["axis"], 0
        for mask, inner in node["parts"]:
            part = int(mask, 16)
            _expect(part and not part & ~box[axis], "a part lies outside of what is split")
            union |= part
            _walk(rows, [*box[:axis], part, *box[axis + 1 :]], inner, stops)
        _expect(union == box[axis], "the parts leave something out")
    elif "row" in node:
        row = rows[node["row"]]
        _expect(row["does"] in stops and _covers(row, box), f"{row['clause']} does not stop a part")
        _expect(all(_is_gone(rows, rows[up], box) for up in row["lifted_by"]), f"{row['clause']} may be lifted")
    else:
        permits = any(row["does"] == "permit" and not _is_gone(rows, row, box) for row in rows)
        _expect(node == {"nothing": True} and not permits, "something may permit a part")


def check(certificate: dict[str, Any], folder: Path) -> tuple[int, int]:
    """Check the files, the rows, each claim, and that no row of a boundary is without its claim."""
    names = ["remit.yaml", *(p.relative_to(folder).as_posix() for p in folder.glob("instruments/**/[!.]*.y*ml"))]
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    _expect(sums == certificate["files"], "the files of the folder are not those that it names")
    form = dict(certificate["form"])
    _expect(_named({"catalogue": certificate["catalogue"], "files": sums}) == form["terms"], "the terms are others")
    _expect(form.pop("digest") == _named(form), "the compiled rows were changed")
    full = [(1 << len(axis["elements"])) - 1 for axis in form["axes"]]
    parsed = {name: [{**r, "box": [int(m, 16) for m in r["box"]]} for r in rs] for name, rs in form["actions"].items()}
    claimed = set()
    for claim in certificate["claims"]:
        rows, place, wide, mild = parsed[claim["action"]], claim["row"], claim["widened"], claim["held_is_enough"]
        row = rows[place]
        _expect(row["boundary"] and row["clause"] == claim["clause"], "a claim names a row that is no boundary")
        _expect(not row["lifted_by"], "a boundary can be lifted")
        _expect(not mild or row["does"] == "hold", "being held is not enough for what is forbidden")
        within = [int(mask, 16) for mask in claim["within"]]
        region = [(full[n] if n in wide else mask) & within[n] for n, mask in enumerate(row["box"])]
        _walk(rows, region, claim["proof"], {"deny", "hold"} if mild else {"deny"})
        if not wide and within == full:
            claimed.add((claim["action"], place))
    firm = {(name, n) for name, rows in parsed.items() for n, row in enumerate(rows) if row["boundary"]}
    _expect(firm == claimed, "a boundary is without its claim")
    return len(claimed), len(certificate["claims"]) - len(claimed)


if __name__ == "__main__":
    passed, spoofed = check(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
    sys.stdout.write(f"It holds: {passed} rows of boundaries are never passed; {spoofed} are not got round by words.\n")
