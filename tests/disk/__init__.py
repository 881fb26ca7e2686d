"""Fills a server's disk while people write, and makes room again."""
