"""How a connection to an upstream is secured is said by variables, and never in the clear."""

from __future__ import annotations

import pytest

from remit.errors import TermsUnusable
from remit.terms.folder import Files, read_terms
from remit.terms.upstream import Secured

REGISTER = """\
organisation: quayside
parties: [{{id: quayside}}]
makers: [{{id: tern}}]
upstreams: [{{id: up, maker: tern, channel: direct, base_url: "{address}", tls: {tls}}}]
"""


def read(tls: str, address: str = "https://tern.example") -> Secured | None:
    text = REGISTER.format(address=address, tls=tls)
    return read_terms(Files(text.encode(), {}, {})).register.upstreams[0].tls


def test_files_are_named_by_variables() -> None:
    assert read("{authorities: {env: CA}}") == Secured("CA")
    assert read("{certificate: {env: OURS}, key: {env: OUR_KEY}}") == Secured("", "OURS", "OUR_KEY")


@pytest.mark.parametrize(
    ("tls", "address", "says"),
    [
        ("{authorities: /etc/ca.pem}", "https://tern.example", "authorities"),
        ("{authorities: {env: /etc/ca.pem}}", "https://tern.example", "not the name of a variable"),
        ("{verify: false}", "https://tern.example", "unknown key"),
        ("{key: {env: OUR_KEY}}", "https://tern.example", "expected a certificate too"),
        ("{authorities: {env: CA}}", "http://tern.example", "nothing sent there is secured"),
    ],
)
def test_what_would_trust_otherwise_is_a_fault(tls: str, address: str, says: str) -> None:
    with pytest.raises(TermsUnusable) as caught:
        read(tls, address)
    assert says in str(caught.value)
