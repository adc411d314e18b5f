"""One module for each command, its click command named `command`; listed in `regulars.main.COMMANDS`."""
