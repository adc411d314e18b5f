"""Day keys come into the replica: of a few members at once, of all of them some at a time.

Of 100,000 members they are 60 MB of JSON, and head office makes them for a quarter of a minute: no answer to wait for.
"""

from collections.abc import Collection
from http import HTTPStatus

from edge.adapters.cache_keys import DayKeys
from edge.adapters.hq_http import HqClient
from edge.errors import HqRefused


def fetch_keys(client: HqClient, cache: DayKeys, days: range, members: Collection[str]) -> None:
    """Of `members`; of everybody when there are none. Raises HqUnreachable, ValueError, DatabaseError."""
    if members:
        try:
            cache.add_day_keys(client.day_keys(days.start, len(days), members).days)
        except HqRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise  # else they are of before a restore: whoever is here now is what counts
        else:
            return
    after, is_last = "", False
    while not is_last:
        answer = client.day_keys(days.start, len(days), after=after)
        if answer.upto and answer.upto <= after:
            raise ValueError("head office's keys do not come to an end")
        cache.put_day_keys(answer.days, days.start, after, answer.upto)
        after, is_last = answer.upto, not answer.upto
