"""What does: radio, files, web, head office.

structlog loads rich, and pygments with it, wherever they are installed, to colour a terminal's tracebacks: 3 MB that a
store has no use for, whose log is JSON. So it is loaded here, before any of its users, without them.
"""

from edge.adapters.absence import absent

with absent("rich"):
    import structlog as structlog
