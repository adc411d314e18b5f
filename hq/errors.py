"""What head office refuses, named for what the caller can do next.

    HqError
    ├── Misconfigured      settings, key files or options: exit 2
    │   └── PortTaken
    ├── Prerequisite       something must be there first: exit 3
    ├── BadInput           a request or a file that cannot be right: 400, exit 2
    ├── NotSignedIn        401
    │   └── Revoked            a device that was taken away
    ├── Refused            403
    ├── Unknown            404, exit 2
    │   └── Foreign        the same answer to a store that asks for what is another's; the audit log tells them apart
    ├── Conflict           409
    ├── Rebootstrap        410: the store starts from nothing
    └── TooFast            429

`detail` is one sentence for a person, `remedy` says what to do; neither ever repeats what was sent, which may be a
name or a key. `key` is a message key of the pages.
"""

from typing import ClassVar


class HqError(Exception):
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Head office failed"
    key_default: ClassVar[str] = "error.refused"

    def __init__(self, detail: str, remedy: str = "", *, key: str = "", fields: tuple["FieldError", ...] = ()) -> None:
        super().__init__(f"{detail} {remedy}".strip())
        self.detail = detail
        self.remedy = remedy
        self.key = key or self.key_default
        self.fields = fields


class FieldError(tuple[str, str, str]):
    """(field, message key, sentence) of one mistake in a request."""

    __slots__ = ()

    @classmethod
    def of(cls, field: str, key: str, detail: str) -> "FieldError":
        return cls((field, key, detail))


class Misconfigured(HqError):
    exit_code = 2
    title = "The configuration is wrong"


class PortTaken(Misconfigured):
    title = "The port is taken"


class Prerequisite(HqError):
    exit_code = 3
    title = "Something is missing"


class BadInput(HqError):
    status = 400
    exit_code = 2
    title = "The request is not right"
    key_default = "error.invalid"


class NotSignedIn(HqError):
    status = 401
    exit_code = 2
    title = "Not signed in"


class Revoked(NotSignedIn):
    def __init__(self) -> None:
        super().__init__("This device was revoked.", "Enrol it again with a new code.")


class Refused(HqError):
    status = 403
    exit_code = 2
    title = "Refused"


class Unknown(HqError):
    status = 404
    exit_code = 2
    title = "Not known here"


class Foreign(Unknown):
    """`what` names, in words of the code, what a store asked for that is not its own."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what} here.", "Ask for what the feed of this store brought.")
        self.what = what


class Conflict(HqError):
    status = 409
    exit_code = 2
    title = "It contradicts what is there"


class Rebootstrap(HqError):
    status = 410
    title = "This cursor leads nowhere"


class TooFast(HqError):
    status = 429
    exit_code = 2
    title = "Too fast"
    key_default = "error.too_fast"

    def __init__(self, detail: str, remedy: str = "", *, key: str = "", retry_after_s: int = 60) -> None:
        super().__init__(detail, remedy, key=key)
        self.retry_after_s = retry_after_s
