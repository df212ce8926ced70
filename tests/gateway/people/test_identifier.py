from __future__ import annotations

import pytest

from remit.gateway.people.identifier import USUAL, PersonKind, find_identifiers
from remit.terms.budget import PERSON_KINDS
from tests.gateway.people.crowd import Person

EVERY = frozenset(PersonKind)


def found(text: str, kinds: frozenset[str] = EVERY) -> list[tuple[str, str]]:
    return [(series, fine) for series, _, fine in find_identifiers(text, kinds)]


@pytest.mark.parametrize(
    ("text", "series", "fine"),
    [
        ("Write to Jane.Doe+shop@Mail.Example.ORG.", "email", "jane.doe+shop@mail.example.org"),
        ("Call (212) 555-0199 now", "phone", "2125550199"),
        ("Call +44 (0)20 7946 0958 now", "phone", "+4402079460958"),
        ("Ruf 0171 234 56 78 an", "phone", "01712345678"),
        ("number 123-45-6789,", "national-id.ssn", "123456789"),
        ("née123-45-6789", "national-id.ssn", "123456789"),
        ("SSN: 123456789", "national-id.ssn", "123456789"),
        ("NINO AB 12 34 56 C", "national-id.nino", "AB123456C"),
        ("NIR 2 55 08 14 168 025 38", "national-id.nir", "255081416802538"),
        ("DNI 12345678Z", "national-id.spanish", "12345678Z"),
        ("CF RSSMRA85T10A562S", "national-id.fiscal", "RSSMRA85T10A562S"),
        ("hetu 131052-308T", "national-id.hetu", "131052308T"),
        ("PESEL 44051401359", "national-id.pesel", "44051401359"),
        ("personnummer 811218-9876", "national-id.swedish", "8112189876"),
        ("Aadhaar 2341 2341 2346", "national-id.aadhaar", "234123412346"),
        ("BSN 111222333", "national-id.bsn", "111222333"),
        ("IBAN DE89 3704 0044 0532 0130 00 PAID", "iban", "DE89370400440532013000"),
        ("card 4111 1111 1111 1111", "card", "4111111111111111"),
        ("card 3782-822463-10005", "card", "378282246310005"),
        ("IMEI 35-209900-176148-1", "device.imei", "352099001761481"),
        ("IMSI 310150123456789", "device.imsi", "310150123456789"),
        ("Passport No. L898902C3", "passport", "L898902C3"),
        ("L898902C36UTO7408122F1204159ZE184226B<<<<<10", "passport", "L898902C3"),
        ("from 203.0.113.9 today", "ip-address", "203.0.113.9"),
        ("plate AB-123-45 was seen", "plate", "AB12345"),
    ],
)
def test_each_kind_is_found_in_its_own_form(text: str, series: str, fine: str) -> None:
    looked_for = EVERY if series == "plate" else EVERY - {PersonKind.PLATE}
    assert found(text, looked_for) == [(series, fine)]


@pytest.mark.parametrize(
    "text",
    [
        "card 4111 1111 1111 1112",
        "IBAN DE88370400440532013000",
        "000-12-3456 and 666-12-3456 and 123-00-4567",
        "On 2026-11-23 at 10:00:00.123, build 20261123, 3.14159265358979, 1,234,567",
        "550e8400-e29b-41d4-a716-446655440000",
        "order 123456789, ticket 44051401358, 1700000000000",
        "@mention, a@b, @@, name@, @.org",
        "passport office",
        "+1 111 1111 1111",
    ],
)
def test_what_fails_its_check_is_no_identifier(text: str) -> None:
    assert found(text, USUAL) == []


def test_plates_and_addresses_of_machines_are_looked_for_only_when_asked_for() -> None:
    text = "AB-123-45 from 203.0.113.9"
    assert found(text, USUAL) == []
    assert found(text, frozenset({"plate"})) == [("plate", "AB12345")]


def test_only_the_kinds_asked_for_are_found() -> None:
    text = " ".join(Person(5).identifiers())
    for kind in ("email", "phone", "national-id", "card", "iban", "device"):
        assert {series.partition(".")[0] for series, _ in found(text, frozenset({kind}))} == {kind}
    assert found(text, frozenset()) == []


def test_two_identifiers_side_by_side_are_two() -> None:
    text = "DE89370400440532013000 4111 1111 1111 1111 123-45-6789 (212) 555-0199"
    assert [series for series, _ in found(text)] == ["iban", "card", "national-id.ssn", "phone"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 212 555 0199", "(212) 555-0199"),
        ("+49 171 2345678", "0171 234 56 78"),
        ("jane.doe@example.org", "JaneDoe+shop@example.org"),
    ],
)
def test_what_may_be_one_person_is_one_in_the_coarse_form_and_two_in_the_fine(one: str, other: str) -> None:
    (first,), (second,) = list(find_identifiers(one)), list(find_identifiers(other))
    assert first.coarse == second.coarse
    assert first.fine != second.fine


def test_an_identifier_prints_as_its_series_alone() -> None:
    (identifier,) = find_identifiers("jane@example.org")
    assert f"{identifier} {identifier!r} {[identifier]}" == "Identifier(email) Identifier(email) [Identifier(email)]"


def test_the_terms_name_the_kinds_that_are_found() -> None:
    assert set(PERSON_KINDS) == set(PersonKind)
