"""The command line: one group, whose commands load their module only when they are called.

So `regulars token` starts without a web server in memory, and a broken extra breaks only its own command.
"""

from importlib import import_module
from typing import Final

import click

from regulars import __version__

# Command -> (module below regulars.commands, the line `regulars --help` shows). The line stands here, so that help
# loads none of them.
COMMANDS: Final = {
    "demo": ("demo", "A shop to try on this machine, with radio and phones simulated."),
    "doctor": ("doctor", "What this store lacks, from adapter to head office, and what to do about it."),
    "edge": ("edge", "The service in one store: run, enrol, config, pair."),
    "hq": ("hq", "Head office: serve, add stores, import, withdraw."),
    "firmware": ("firmware", "Scanner nodes, beacon plan and the Pi's boot files, from one store.toml."),
    "phone": ("phone", "A laptop with Bluetooth plays the member's phone, to try a shop on real radio."),
    "solo": ("solo", "Head office and store for one shop, on one machine."),
    "token": ("token", "What a member's phone says at one store at one moment (RST1)."),
}


class LateGroup(click.Group):
    """Finds each command in its module as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _ = COMMANDS[cmd_name]
        command = import_module(f"regulars.commands.{module}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"regulars.commands.{module}.command is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="regulars")
def cli() -> None:
    """Recognises, in a shop, the customers who asked to be recognised, and nobody else."""
