"""Element X's room list, by its own SDK, against what `/v3/sync` says."""
