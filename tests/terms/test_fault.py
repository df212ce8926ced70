"""Every mistake that a file of terms can hold, with its place and with what is said of it."""

from __future__ import annotations

from inspect import cleandoc

import pytest

from remit.errors import TermsUnusable
from remit.terms.document import MOST_FAULTS
from remit.terms.folder import Files, read_terms

REGISTER = cleandoc(
    """
    organisation: quayside
    parties:
      - {id: halden, name: Halden}
      - {id: ministry}
      - {id: quayside}
    roles: [officer]
    levels:
      - {id: open, authorisation: none}
      - {id: secret}
    environments: [cloud-a]
    names:
      use.purpose: [answer, search]
    attributes:
      - {id: drill, type: flag, says: whether it is a drill}
    """
)
POLICY = cleandoc(
    """
    instrument: policy
    kind: policy
    by: halden
    title: Halden's policy
    standing:
      - {state: in-force, from: 2026-01-01T00:00:00Z, known: 2025-12-01}
    clauses:
      - id: tracking
        boundary: true
        forbid: [invoke, act]
        when:
          use.effect: [track-people]
        says: Not for tracking.
      - id: waiting
        hold: act
        when: {people.call: {above: 500}}
        until: {approvals: {of: officer, at_least: 2}, expires_in: 10m}
      - id: allowed
        permit: invoke
      - id: recording
        oblige: invoke
        duties: {log: every call}
    """
)
GRANT = cleandoc(
    """
    instrument: grant
    kind: grant
    by: halden
    to: quayside
    standing:
      - {state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2027-01-01}
    clauses:
      - id: exception
        permit: [invoke]
        lifts: [policy/waiting]
    """
)
ORDER = cleandoc(
    """
    instrument: order
    kind: order
    by: ministry
    binds: [quayside]
    waivable_by: ministry
    standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
    clauses:
      - {id: stop, forbid: invoke, phase_out: 2026-06-30}
    """
)
WAIVER = cleandoc(
    """
    instrument: waiver
    kind: waiver
    by: ministry
    to: quayside
    standing:
      - {state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2027-01-01}
    clauses:
      - id: relief
        lift: [order/stop]
    """
)
STATEMENT = cleandoc(
    """
    instrument: post
    kind: statement
    by: ministry
    standing:
      - {state: asserted, from: 2026-01-01, known: 2026-01-01}
    clauses:
      - {id: never, forbid: invoke}
    """
)
TEXTS = {
    "remit.yaml": REGISTER,
    "policy": POLICY,
    "grant": GRANT,
    "order": ORDER,
    "waiver": WAIVER,
    "statement": STATEMENT,
}
LONG = "x" * 129


def faults_in(texts: dict[str, str]) -> list[str]:
    """Read terms and return what is wrong with them, without the words that are underlined."""
    instruments = {f"{name}.yaml": text.encode() for name, text in texts.items() if name != "remit.yaml"}
    try:
        read_terms(Files(texts["remit.yaml"].encode(), instruments, {}))
    except TermsUnusable as unusable:
        return [f"{f.path.removesuffix('.yaml')}:{f.line}:{f.column} {f.key} {f.says}" for f in unusable.faults]
    return []


def test_what_the_faults_are_made_from_has_none() -> None:
    assert faults_in(TEXTS) == []


# The file, what stands in it, what is written in its place, and what is said then.
REGISTER_FAULTS = [
    (
        "organisation: quayside",
        "organisation: quaysid",
        "1:15 organisation unknown organisation; did you mean quayside?",
    ),
    ("organisation: quayside", "organisatoon: quayside", "1:1 organisatoon unknown key; did you mean organisation?"),
    ("organisation: quayside", "organisation: quay side", "1:15 organisation not a name: letters"),
    ("organisation: quayside", f"organisation: {LONG}", "1:15 organisation not a name: letters"),
    ("organisation: quayside", "organisation: [quayside]", "1:1 organisation expected one value, found a list"),
    ("organisation: quayside", "organisation: {is: quayside}", "1:1 organisation expected one value, found keys"),
    ("organisation: quayside", "organisation: null", "1:15 organisation empty: expected a value"),
    ("{id: ministry}", "{name: Ministry}", "4:5 parties[1].id missing: a party needs a name"),
    ("{id: ministry}", "{id: halden}", "4:10 parties[1].id this name stands twice"),
    ("{id: ministry}", "ministry", "4:5 parties[1] expected keys with values, found one value"),
    ("{id: ministry}", "~", "4:5 parties[1] expected keys with values, found nothing"),
    ("{id: quayside}", "{id: quayside, keys: [{}]}", "5:27 parties[2].keys[0].key missing: the public key"),
    ("{id: quayside}", "{id: quayside, keys: [{key: ssh-ed25519}]}", "5:33 parties[2].keys[0].key not a public key"),
    ("{id: quayside}", "{id: quayside, keys: []}", "5:20 parties[2].keys an empty list; expected public keys"),
    ("roles: [officer]", "roles: []", "6:1 roles an empty list: leave the key out"),
    ("roles: [officer]", "roles: [officer, ~]", "6:18 roles expected words, found nothing"),
    ("roles: [officer]", "roles: [officer, {}]", "6:18 roles expected words, found keys with values"),
    ("roles: [officer]", "roles: [officer, []]", "6:18 roles expected words, found a list"),
    ("authorisation: none", "authorisation: maybe", "8:31 levels[0].authorisation expected required or none"),
    ("levels:", "levels: none\nlevel:", "7:9 levels expected a list, found one value"),
    ("  use.purpose", "  use.porpoise", "12:3 names.use.porpoise unknown key; did you mean use.purpose?"),
    ("  use.purpose", "  people.call", "12:3 names.people.call unknown key"),
    ("{id: drill", "{id: use.case", "14:10 attributes[0].id this attribute is built in"),
    ("type: flag", "type: truth", "14:23 attributes[0].type unknown value; known: flag, name, number"),
    ("names:", "names: none\nnames2:", "11:8 names expected keys with values, found one value"),
]
CLAUSE_FAULTS = [
    ("- id: tracking\n    boundary", "- boundary", "8:5 clauses[0].id missing: a clause needs a name to be cited by"),
    ("id: waiting", "id: tracking", "14:9 clauses[1].id a clause of this name stands in the instrument already"),
    ("boundary: true", "boundary: yes", "9:15 clauses[0].boundary expected true or false"),
    ("boundary: true", 'boundary: "true"', "9:15 clauses[0].boundary expected true or false"),
    ("boundary: true", "boundaryy: true", "9:5 clauses[0].boundaryy unknown key; did you mean boundary?"),
    ("permit: invoke", "permit: invoke\n    boundary: true", "20:15 clauses[2].boundary a boundary forbids, holds or"),
    ("forbid: [invoke, act]", "forbid: [invoke, akt]", "10:22 clauses[0].forbid unknown action; did you mean act?"),
    ("forbid: [invoke, act]", "forbid: []", "10:5 clauses[0].forbid an empty list"),
    ("forbid: [invoke, act]", "forbid:", "10:12 clauses[0].forbid expected words, found nothing"),
    (
        "permit: invoke",
        "permit: invoke\n    forbid: act",
        "19:13 clauses[2].permit a clause does one thing; it has forbid",
    ),
    ("permit: invoke", "says: nothing", "18:5 clauses[2].forbid missing: what the clause does; expected one of forbid"),
    ("permit: invoke", "lift: order", "19:11 clauses[2].lift this kind of instrument cannot lift; it can forbid, hold"),
    ("permit: invoke", "compel: invoke", "19:13 clauses[2].compel this kind of instrument cannot compel"),
    ("use.effect:", "use.effectt:", "12:7 clauses[0].when.use.effectt unknown attribute; did you mean use.effect?"),
    ("[track-people]", "[track-peoppl]", "12:20 clauses[0].when.use.effect unknown effect; did you mean track-people?"),
    ("[track-people]", "[]", "12:19 clauses[0].when.use.effect an empty list would never hold"),
    ("[track-people]", "[{}]", "12:20 clauses[0].when.use.effect expected a name"),
    ("[track-people]", "{above: 3}", "12:19 clauses[0].when.use.effect expected a name or a list of names"),
    ("[track-people]", '["trick*"]', "12:20 clauses[0].when.use.effect no known name matches this"),
    (
        "[track-people]",
        "{not: spend, nor: read}",
        "12:32 clauses[0].when.use.effect.nor unknown key; did you mean not?",
    ),
    ("[track-people]", "{not: {not: spend}}", "12:25 clauses[0].when.use.effect expected a name or a list of names"),
    ("[track-people]", "no", "12:19 clauses[0].when.use.effect unknown effect; did you mean none?"),
    ("use.effect: [track-people]", "drill: no", "12:14 clauses[0].when.drill expected true or false"),
    ("use.effect: [track-people]", "drill: [true]", "12:14 clauses[0].when.drill expected true or false"),
    ("use.effect: [track-people]", "any: []", "12:7 clauses[0].when.any expected a list of alternatives"),
    ("use.effect: [track-people]", "any: drill", "12:12 clauses[0].when.any expected a list, found one value"),
    ("use.effect: [track-people]", "any: [drill]", "12:13 clauses[0].when.any[0] expected keys with values, found one"),
    (
        "use.effect: [track-people]",
        "any: [{any: [{any: [{any: [{any: [{drill: true}]}]}]}]}]",
        "12:35 clauses[0].when.any[0].any[0].any[0].any[0].any alternatives within alternatives, more than 4 deep",
    ),
    ("{above: 500}", "many", "16:25 clauses[1].when.people.call expected a number, or {above"),
    ("{above: 500}", '"500"', "16:25 clauses[1].when.people.call expected a number, or {above"),
    ("{above: 500}", "[500]", "16:25 clauses[1].when.people.call expected a number, or {above"),
    ("{above: 500}", "{}", "16:25 clauses[1].when.people.call no bound: expected above, at_least, below or at_most"),
    ("{above: 500}", "{over: 500}", "16:26 clauses[1].when.people.call.over unknown key; did you mean above?"),
    ("{above: 500}", "{above: 5e2}", "16:33 clauses[1].when.people.call.above expected a number such as 500 or 0.05"),
    ("{above: 500}", "{above: 0x10}", "16:33 clauses[1].when.people.call.above expected a number such as"),
    ("{above: 500}", "{above: 1_000}", "16:33 clauses[1].when.people.call.above expected a number such as"),
    ("{above: 500}", "{above: 5٢}", "16:33 clauses[1].when.people.call.above expected a number such as"),
    ("{above: 500}", "{above: 5, at_least: 5}", "16:25 clauses[1].when.people.call two bounds on one side; give one"),
    ("{above: 500}", "{above: 5, at_most: 5}", "16:25 clauses[1].when.people.call no number lies between these bounds"),
    ("{above: 500}", "{at_least: 6, below: 5.5}", "16:25 clauses[1].when.people.call no number lies between"),
    ("until: {approvals", "till: {approvals", "14:5 clauses[1].until missing: a hold must say who approves"),
    (
        "until: {approvals: {of: officer, at_least: 2}, ",
        "until: {",
        "17:12 clauses[1].until.approvals missing: who app",
    ),
    ("{of: officer, at_least: 2}", "[]", "17:13 clauses[1].until.approvals an empty list; expected who approves"),
    ("of: officer", "of: official", "17:29 clauses[1].until.approvals.of unknown role; did you mean officer?"),
    ("of: officer, ", "", "17:24 clauses[1].until.approvals.of missing: the role whose people approve"),
    ("at_least: 2", "at_least: 0", "17:48 clauses[1].until.approvals.at_least expected a whole number from 1 to 20"),
    ("at_least: 2", "at_least: 1.5", "17:48 clauses[1].until.approvals.at_least expected a whole number from 1 to 20"),
    ("expires_in: 10m", "expires_in: soon", "17:64 clauses[1].until.expires_in not a length of time: write 30s"),
    (", expires_in: 10m", "", "17:12 clauses[1].until.expires_in missing: how long it may wait"),
    ("duties: {log: every call}", "", "20:5 clauses[3].duties missing: the duties it adds"),
    ("{log: every call}", "{}", "22:5 clauses[3].duties no duty: expected log, retain, disclose, cap, report, review"),
    ("log: every call", "logg: all", "22:14 clauses[3].duties.logg unknown key; did you mean log?"),
    ("permit: invoke", "permit: invoke\n    phase_out: 2026-06-30", "20:5 clauses[2].phase_out unknown key"),
    (
        "permit: invoke",
        "permit: invoke\n    lifts: policy",
        "20:12 clauses[2].lifts a policy lifts nothing; a grant or",
    ),
    ("says: Not for", "reading: Not for", "13:14 clauses[0].reading expected keys with values, found one value"),
    (
        "says: Not for tracking.",
        "reading: {term: t, means: m, by: halden, on: 2026-01-01, rival: {means: n, by: ministry}}",
        "13:69 clauses[0].reading.rival.when missing: the condition the clause has in the other reading",
    ),
    (
        "says: Not for tracking.",
        "reading: [{term: t, means: m, on: 2026-01-01}]",
        "13:15 clauses[0].reading[0].by missing: who reads it so",
    ),
]
POLICY_FAULTS = [
    ("instrument: policy\n", "", "1:1 instrument missing: an instrument needs a name to be cited by"),
    ("instrument: policy", "instrument: order", "1:13 instrument order.yaml bears this name already"),
    ("instrument: policy", "instrument: halden/policy", "1:13 instrument a slash stands between an instrument and its"),
    (
        "kind: policy",
        "kind: rules",
        "2:7 kind unknown value; known: authorisation, grant, order, policy, statement, waiver",
    ),
    ("kind: policy", "kind: polisy", "2:7 kind unknown value; did you mean policy?"),
    ("kind: policy\n", "", "1:1 kind missing: one of policy, grant"),
    ("by: halden", "by: holden", "3:5 by unknown party; did you mean halden?"),
    ("by: halden\n", "", "1:1 by missing: the party that issued it"),
    ("title: Halden's policy", "to: quayside", "4:1 to unknown key"),
    ("title: Halden's policy", "binds: [quayside, quaysid]", "4:19 binds unknown party; did you mean quayside?"),
    ("title: Halden's policy", "waivable_by: halden", "4:1 waivable_by unknown key"),
    ("in-force", "in force", "6:13 standing[0].state unknown value; did you mean in-force?"),
    ("in-force", "asserted", "6:13 standing[0].state a policy is in force or it is not; only a statement is asserted"),
    ("00:00:00Z", "00:00:00", "6:29 standing[0].from a time of day needs a zone"),
    ("2026-01-01T00:00:00Z", "yesterday", "6:29 standing[0].from not an instant: write 2026-02-27T17:01"),
    ("2026-01-01T00:00:00Z", "1.1.2026", "6:29 standing[0].from not an instant"),
    (", known: 2025-12-01", "", "6:5 standing[0].known missing: the instant you learned of it"),
    ("known: 2025-12-01", "known: 2025-12-01, until: 2026-01-01", "6:77 standing[0].until not after from; the entry"),
    ("known: 2025-12-01", "known: 2025-12-01, until: never", "6:77 standing[0].until not an instant"),
    ("known: 2025-12-01", "known: 2025-12-01, covers: quaysid", "6:78 standing[0].covers unknown party; did you mean"),
    ("known: 2025-12-01", "known: 2025-12-01, covers: []", "6:70 standing[0].covers an empty list"),
    ("known: 2025-12-01", "known: 2025-12-01, by: a b", "6:74 standing[0].by not a name"),
    ("known: 2025-12-01", "known: 2025-12-01, contested_by: orrin", "6:84 standing[0].contested_by unknown party"),
    ("  - {state: in-force, from: 2026-01-01T00:00:00Z, known: 2025-12-01}", "  []", "5:1 standing an empty list; ex"),
]
OTHER_FAULTS = [
    ("grant", ", until: 2027-01-01", "", "6:5 standing[0].until missing: a grant must say when it ends"),
    ("grant", "to: quayside\n", "", "1:1 to missing: a grant must say to whom it is given"),
    ("grant", "to: quayside", "to: quaysid", "4:5 to unknown party; did you mean quayside?"),
    (
        "grant",
        "permit: [invoke]",
        "forbid: [invoke]\n    boundary: true",
        "10:15 clauses[0].boundary only a policy draws a",
    ),
    (
        "grant",
        "policy/waiting",
        "policy/tracking",
        "10:13 clauses[0].lifts this clause is a boundary; no grant lifts it",
    ),
    (
        "grant",
        "policy/waiting",
        "policy/allowed",
        "10:13 clauses[0].lifts this clause permits; there is nothing to lift",
    ),
    ("grant", "policy/waiting", "policy/waitingg", "10:13 clauses[0].lifts unknown clause; did you mean waiting?"),
    ("grant", "policy/waiting", "policy/", "10:13 clauses[0].lifts unknown clause; known: allowed, recording"),
    ("grant", "policy/waiting", "polisy", "10:13 clauses[0].lifts unknown instrument; did you mean policy?"),
    (
        "grant",
        "policy/waiting",
        "policy, order",
        "10:21 clauses[0].lifts a grant lifts clauses of a policy of halden only",
    ),
    (
        "grant",
        "by: halden",
        "by: ministry",
        "10:13 clauses[0].lifts a grant lifts clauses of a policy of ministry only",
    ),
    ("waiver", "order/stop", "policy", "9:12 clauses[0].lift a waiver lifts an order or its clauses only"),
    ("waiver", "[order/stop]", "[]", "9:5 clauses[0].lift an empty list"),
    ("waiver", "by: ministry", "by: quayside", "9:12 clauses[0].lift quayside may not waive this order; ministry may"),
    ("waiver", ", until: 2027-01-01", "", "6:5 standing[0].until missing: a waiver must say when it ends"),
    ("order", "phase_out: 2026-06-30", "phase_out: soon", "8:43 clauses[0].phase_out not an instant"),
    (
        "order",
        "stop, forbid: invoke",
        "stop, forbid: invoke, boundary: true",
        "8:42 clauses[0].boundary only a policy dra",
    ),
    ("order", "forbid: invoke", "permit: invoke", "8:24 clauses[0].permit this kind of instrument cannot permit"),
    ("statement", "asserted", "in-force", "5:13 standing[0].state a statement is at most asserted; it binds nobody"),
]
ALL = [
    *(("remit.yaml", *rest) for rest in REGISTER_FAULTS),
    *(("policy", *rest) for rest in (*POLICY_FAULTS, *CLAUSE_FAULTS)),
    *OTHER_FAULTS,
]


@pytest.mark.parametrize(("name", "stands", "written", "says"), ALL, ids=lambda value: value[:40])
def test_a_mistake_is_told_with_its_place(name: str, stands: str, written: str, says: str) -> None:
    assert stands in TEXTS[name]
    found = faults_in({**TEXTS, name: TEXTS[name].replace(stands, written, 1)})
    place = name.removesuffix(".yaml")
    assert [fault for fault in found if fault.startswith(f"{place}:{says}")] != [], found
    places = [fault.split(" ", 1)[0] for fault in found]
    assert len(set(places)) == len(places), "one mistake is told twice"


def test_all_faults_of_all_files_come_at_once_underlined() -> None:
    policy = POLICY.replace("[track-people]", "[track-peoppl]").replace("log:", "logg:")
    grant = GRANT.replace(", until: 2027-01-01", "")
    with pytest.raises(TermsUnusable) as unusable:
        read_terms(
            Files(
                REGISTER.encode(),
                {"instruments/policy.yaml": policy.encode(), "instruments/grant-7.yaml": grant.encode()},
                {},
            )
        )
    # As in STYLE.md, but that the key path goes on to the attribute.
    assert str(unusable.value) == cleandoc(
        """
        The terms are not usable; nothing was checked.
          instruments/grant-7.yaml:6:5   standing[0].until           missing: a grant must say when it ends
          instruments/policy.yaml:12:20  clauses[0].when.use.effect  unknown effect; did you mean track-people?
              use.effect: [track-peoppl]
                           ~~~~~~~~~~~~
          instruments/policy.yaml:22:14  clauses[3].duties.logg      unknown key; did you mean log?
              duties: {logg: every call}
                       ~~~~
        """
    )


def test_a_plain_no_stays_a_text_and_a_plain_date_too() -> None:
    terms = read_terms(
        Files(
            REGISTER.replace("[answer, search]", "[no, 2026-01-01, 1e3, ~x]").encode(),
            {"p.yaml": POLICY.replace("use.effect: [track-people]", "use.purpose: [no, 2026-01-01, 1e3]").encode()},
            {},
        )
    )
    [leaf] = terms.instruments[0].clauses[0].when.leaves
    assert leaf.test.names == {"no", "2026-01-01", "1e3"}  # type: ignore[union-attr]


def test_a_register_that_is_not_yaml_has_that_fault_and_no_thousand_others() -> None:
    broken = {**TEXTS, "remit.yaml": "parties: [", "order": ORDER + "\n - {"}
    assert [fault.split(" ", 1)[0] for fault in faults_in(broken)] == ["order:9:2", "remit:2:1"]


def test_a_file_that_is_not_yaml_has_that_fault_and_what_refers_to_it_has_none() -> None:
    assert faults_in({**TEXTS, "policy": POLICY + "\n\t- x"}) == [
        "policy:23:1  not YAML: found character that cannot start any token"
    ]


def test_so_many_faults_are_not_all_told() -> None:
    names = ", ".join(f"party-{number}" for number in range(5 * MOST_FAULTS))
    found = faults_in({**TEXTS, "order": ORDER.replace("[quayside]", f"[{names}]")})
    assert len(found) == MOST_FAULTS + 1
    assert found[0] == f"order:0:0  more than {MOST_FAULTS} faults; no more of this file was read"


def test_nothing_in_a_message_moves_the_cursor_of_a_terminal() -> None:
    register = REGISTER + '\n"\\e[2J\\u202e": 1 # \u202e\n'
    with pytest.raises(TermsUnusable) as unusable:
        read_terms(Files(register.encode(), {}, {}))
    assert all(line.isprintable() for line in str(unusable.value).split("\n"))


def test_a_word_far_to_the_right_is_told_without_its_line() -> None:
    order = ORDER.replace("[quayside]", f"[{', '.join(['quayside'] * 40)}, quaysid]")
    with pytest.raises(TermsUnusable) as unusable:
        read_terms(Files(REGISTER.encode(), {"order.yaml": order.encode()}, {}))
    assert str(unusable.value).split("\n")[1:] == ["  order.yaml:4:409  binds  unknown party; did you mean quayside?"]
