"""Follows rooms by sliding sync as Element X does, while others are busy, and compares with /v3/sync."""
