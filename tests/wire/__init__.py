"""The least that a suite needs to talk to a homeserver and to report (standard library only)."""
