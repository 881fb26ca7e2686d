"""Validates a homeserver's answers against the specification's OpenAPI data."""
