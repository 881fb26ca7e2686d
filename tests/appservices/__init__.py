"""Bridges as people run them, unmodified, on a server that is restarted under them."""
