"""What people do on a server, by topic."""
