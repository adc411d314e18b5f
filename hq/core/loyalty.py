"""The loyalty number: eleven random digits and the check digit of ISO/IEC 7064 MOD 11,10.

The scheme is that of the German tax number: it finds every single wrong digit and all but a few swapped neighbours,
and, unlike MOD 11, its check is always a digit. The number says nothing about its member.
"""

from typing import Final

LENGTH: Final = 12
_SPACE: Final = 10 ** (LENGTH - 1)


def loyalty_number(random_octets: bytes) -> str:
    """Twelve digits out of at least eight random octets."""
    payload = f"{int.from_bytes(random_octets) % _SPACE:0{LENGTH - 1}d}"
    return payload + check_digit(payload)


def check_digit(payload: str) -> str:
    product = 10
    for digit in payload:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return str((11 - product) % 10)


def read_loyalty(typed: str) -> str | None:
    """The number without blanks and hyphens, None when its check digit says that it was mistyped."""
    digits = typed.replace(" ", "").replace("-", "")
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if check_digit(digits[:-1]) == digits[-1] else None
