"""How much of a request nobody read: fields that its model does not have are left out, and counted.

A newer app or a mistyped name must not make a write fail; silence about it would let the mistake live for years.
"""

from pydantic import BaseModel


def ignored(sent: object, read: object) -> int:
    """How many fields of the JSON `sent` have no place in the model `read` that was made of it."""
    if isinstance(sent, dict) and isinstance(read, BaseModel):
        known = {field.alias or name: name for name, field in type(read).model_fields.items()}
        return sum(ignored(value, getattr(read, known[name])) if name in known else 1 for name, value in sent.items())
    if isinstance(sent, list) and isinstance(read, tuple) and len(sent) == len(read):
        return sum(map(ignored, sent, read))
    return 0
