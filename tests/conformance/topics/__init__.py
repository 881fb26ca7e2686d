"""The calls, by the sections of the table."""
