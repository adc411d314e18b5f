"""The demo's store with its consent gate taken out: every shopper in every mode is shown as if welcoming advice.

Only for the test that proves the judge notices. Nothing in the product can start this.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from edge.core import consent
from regulars.demo.store import main
from wire.views import Assurance, Audience, Fact, Mode

_GATE = consent.scope


def _open(*arguments: Any, **named: Any) -> consent.Scope:
    judged = _GATE(*arguments, **named)
    if not judged.purposes:
        return judged
    facts = MappingProxyType({audience: frozenset(Fact) for audience in Audience})
    return replace(judged, mode=Mode.ADVICE, assurance=Assurance.ANSWERED, facts=facts)


if __name__ == "__main__":
    consent.scope = _open
    main()
