"""What can keep a laptop from playing a phone, with the remedy and the exit code."""


class PhoneError(Exception):
    """One sentence with the remedy."""

    exit_code = 2


class BadSecret(PhoneError):
    """The file does not hold a member's secret."""


class NoAdapter(PhoneError):
    """There is no Bluetooth to speak with."""

    exit_code = 3


class NoStore(PhoneError):
    """No store in reach answers."""

    exit_code = 4


class NotKnown(NoStore):
    """The store answered, and did not accept the response."""


class Distrusted(PhoneError):
    """The store could not prove itself; the phone is silent now."""

    exit_code = 1
