"""What fails in the background costs a growing pause, never the thread."""

import threading

from edge.adapters.errand import FIRST_PAUSE_S, LONGEST_PAUSE_S, Errand
from edge.adapters.store_sqlite import OperationalError
from edge.errors import HqUnreachable


def test_a_failure_costs_a_growing_pause_and_a_success_takes_it_back() -> None:
    waits: list[float] = []
    failures: list[Exception] = [
        HqUnreachable("http://hq", "x"),
        OSError(28, "full"),
        OperationalError("locked"),
        ValueError("torn"),
    ]
    outcomes: list[Exception | float] = [*failures * 3, 5.0, ValueError("again")]

    def turn() -> float:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    errand = Errand("test", turn)

    class Waits:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return not outcomes

    errand._stopping = Waits()  # type: ignore[assignment]
    errand._run()
    assert waits[:4] == [0.0, FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert max(waits) == LONGEST_PAUSE_S
    assert waits[-2:] == [5.0, FIRST_PAUSE_S]


def test_it_ends_when_it_is_told() -> None:
    began = threading.Event()

    def turn() -> float:
        began.set()
        return 0.0

    errand = Errand("test", turn)
    errand.start()
    assert began.wait(5)
    errand.leave()
    errand._thread.join(5)
    assert not errand._thread.is_alive()
