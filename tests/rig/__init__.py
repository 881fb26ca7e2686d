"""Starts the homeservers that the black-box suites talk to (standard library only)."""
