"""Passkeys: what a browser gives when somebody confirms with one, held against the key that the register has.

It asks for more than most sites: the person was verified by the device, not only there. No counter is kept, because
what a passkey signs is one vote of one hold, which is never taken twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.errors import EvidenceRefused, ExtraMissing

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class PasskeyVerifier:
    """Verifies assertions made for one site: its name, and the address that its pages have."""

    site: str
    origin: str

    def __call__(self, signature: bytes, challenge: bytes, key: bytes) -> None:
        """Say nothing if an assertion is of this key, this challenge and this site; raise if not."""
        library = _library()
        try:
            library.verify_authentication_response(
                credential=signature.decode(),
                expected_challenge=challenge,
                expected_rp_id=self.site,
                expected_origin=self.origin,
                credential_public_key=key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except (library.helpers.exceptions.WebAuthnException, ValueError, KeyError) as error:
            raise EvidenceRefused("vote-signature", f"the passkey's signature does not hold: {error}") from error


def enrolled(credential: str, challenge: bytes, verifier: PasskeyVerifier) -> dict[str, str]:
    """Return the row that the register needs for a passkey that was just made: its id and its public key."""
    library = _library()
    try:
        made: Any = library.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=verifier.site,
            expected_origin=verifier.origin,
            require_user_verification=True,
        )
    except (library.helpers.exceptions.WebAuthnException, ValueError, KeyError) as error:
        raise EvidenceRefused("passkey-form", f"the passkey was not made for this site: {error}") from error
    write = library.helpers.bytes_to_base64url
    return {"id": write(made.credential_id), "key": write(made.credential_public_key)}


def _library() -> ModuleType:
    try:
        import webauthn  # noqa: PLC0415  # of an extra, and only where passkeys are used
    except ModuleNotFoundError as error:
        raise ExtraMissing("approve", error.name or "webauthn", "console") from error
    return webauthn
