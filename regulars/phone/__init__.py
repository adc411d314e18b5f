"""The app on a laptop: what a member's phone says and answers in a store, on the laptop's own Bluetooth."""
