"""How a store's events become head office's: in order, without a gap, each once however often it is sent."""

from wire.event import BatchAck, Event, EventBatch


def accepted(high: int, batch: EventBatch) -> tuple[tuple[Event, ...], BatchAck]:
    """What of `batch` is new behind `high`, and the answer. A gap takes nothing and asks to go back.

    Numbers that do not follow `first` one by one are a gap at the first that does not: what is before it counts.
    """
    if batch.first > high + 1:
        return (), BatchAck(acked=high, gap=True)
    run: list[Event] = []
    for expected, event in enumerate(batch.events, batch.first):
        if event.n != expected:
            break
        run.append(event)
    new = tuple(event for event in run if event.n > high)
    return new, BatchAck(acked=new[-1].n if new else high, gap=len(run) < len(batch.events))
