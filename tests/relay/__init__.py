"""Calls go through a real relay (coturn from Debian) with the credentials that the server gives."""
