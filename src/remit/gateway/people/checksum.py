"""The checks by which numbers of people are told from other numbers; each takes the bare signs and says yes or no."""

from __future__ import annotations

_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL", "SD"), 18),  # misspelt on purpose
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),  # misspelt on purpose
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_HIGHEST_AREA = 900
_MONTHS, _DAYS = 12, 31


def iban_length(text: str) -> int:
    """Return how long an account number of its country is, and 0 for a country that has none."""
    return _LENGTHS.get(text[:2], 0)


def is_iban(text: str) -> bool:
    """Hold an account number against ISO 13616: its country's length, and 1 modulo 97."""
    if len(text) != iban_length(text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_luhn(digits: str) -> bool:
    """Hold digits against the last of them, as ISO/IEC 7812-1 has it."""
    if not digits.isdigit() or len(set(digits)) == 1:
        return False
    numbers = [int(sign) for sign in reversed(digits)]
    doubled = (2 * number - 9 * (number > 4) for number in numbers[1::2])  # noqa: PLR2004
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0


def is_ssn(digits: str) -> bool:
    """Tell whether a social security number of the United States can have been given out."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and int(area) < _HIGHEST_AREA and group != "00" and serial != "0000"


def is_nir(text: str) -> bool:
    """Hold a French social security number against its key modulo 97."""
    number, key = text[:13].replace("2A", "19", 1).replace("2B", "18", 1), text[13:]
    return number.isdigit() and key.isdigit() and 97 - int(number) % 97 == int(key)


def is_spanish(text: str) -> bool:
    """Hold a Spanish DNI or NIE against its letter."""
    digits = text[:-1].translate(str.maketrans("XYZ", "012"))
    return digits.isdigit() and _DNI[int(digits) % 23] == text[-1]


def is_hetu(text: str) -> bool:
    """Hold a Finnish identity code against its check sign; the sign of the century may be missing."""
    digits = text[:6] + text[-4:-1]
    return digits.isdigit() and _HETU[int(digits) % 31] == text[-1]


def is_pesel(digits: str) -> bool:
    """Hold a Polish number against its date and its check digit."""
    total = sum(int(sign) * weight for sign, weight in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True))
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return total % 10 == 0 and 1 <= month <= _MONTHS and 1 <= day <= _DAYS


def is_swedish(text: str) -> bool:
    """Hold a Swedish personal number against its month and its check digit."""
    return 1 <= int(text[2:4]) <= _MONTHS and is_luhn(text)


def is_bsn(digits: str) -> bool:
    """Hold a Dutch citizen service number against the eleven test."""
    weighed = sum(int(sign) * weight for sign, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return weighed % 11 == 0 and int(digits) > 0


def is_aadhaar(digits: str) -> bool:
    """Hold an Indian identity number against Verhoeff's scheme."""
    check = 0
    for place, sign in enumerate(reversed(digits)):
        check = _dihedral(check, _turned(place, int(sign)))
    return check == 0


def _turned(place: int, digit: int) -> int:
    """Apply Verhoeff's permutation as often as the place says; it comes round after eight."""
    for _ in range(place % 8):
        digit = _VERHOEFF_TURN[digit]
    return digit


def _dihedral(left: int, right: int) -> int:
    """Multiply in the dihedral group of ten: the turns are 0 to 4, the flips 5 to 9."""
    turn = left % 5 + (right % 5 if left < 5 else -(right % 5))  # noqa: PLR2004
    flip = (left >= 5) != (right >= 5)  # noqa: PLR2004
    return turn % 5 + 5 * flip


def is_fiscal_code(text: str) -> bool:
    """Hold an Italian fiscal code against its check letter."""
    total = 0
    for place, sign in enumerate(text[:15]):
        number = int(sign) if sign.isdigit() else ord(sign) - ord("A")
        total += number if place % 2 else _ODD[number]
    return total % 26 == ord(text[15]) - ord("A")


def is_machine_zone(text: str) -> bool:
    """Hold the second line of a passport against the check digits of its number, birth and end (ICAO 9303-4)."""
    return all(_mrz(text[a:b]) == int(text[b]) for a, b in ((0, 9), (13, 19), (21, 27)))


def _mrz(text: str) -> int:
    signs = (0 if sign == "<" else int(sign, 36) for sign in text)
    return sum(sign * (7, 3, 1)[place % 3] for place, sign in enumerate(signs)) % 10
