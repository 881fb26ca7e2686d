"""How much each server is asked to do.

The same work, but for preparations that would take Synapse longer than the rest of the run: its
largest room, its longest history, what is searched, its account with most rooms and its idle long-polls are smaller. The page says so.
"""

FULL = {"seconds": 4}

SYNAPSE = {
    "members": "2,10,100,1000",
    "history": "1000",
    "many-rooms": 200,
    "searched": 2000,
    "space-rooms": 100,
    "idle-connections": 1000,
    "idle-users": 100,
    "state-members": 200,
    "state-changes": 200,
}


def arguments(is_synapse: bool, quick: bool) -> list:
    """The load generator's flags."""
    if quick:
        return ["--quick"]
    sizes = FULL | (SYNAPSE if is_synapse else {})
    return [word for name, value in sizes.items() for word in (f"--{name}", value)]
