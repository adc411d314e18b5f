"""The demo: `regulars solo` in a temporary directory, with a simulated radio and simulated phones for its members.

Nothing here is part of a real store. The edge never learns that its radio is simulated: `store.py`, which becomes the
store's process, hands it another bleak backend, and that is all.
"""
