"""Kills a server at random while people write, and looks for what was promised and lost."""
