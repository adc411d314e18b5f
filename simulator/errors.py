"""The simulator's errors.

SimulatorError
├── ConfigMistake     store.toml or an option cannot be used        exit 2
├── RecordingMistake  a recorded walk or payload file is unreadable exit 2
└── PortTaken         somebody else listens where we should         exit 2
"""


class SimulatorError(Exception):
    """One sentence for the operator, with the remedy in it."""

    exit_code = 2


class ConfigMistake(SimulatorError):
    """store.toml, or an option, says something that no shop can be."""


class RecordingMistake(SimulatorError):
    """A recorded walk or a payload file that cannot be read."""


class PortTaken(SimulatorError):
    """A port we were told to use belongs to another process."""

    def __init__(self, port: int, purpose: str) -> None:
        super().__init__(f"port {port} for {purpose} is taken; end the other process or choose another port")
        self.port = port
