"""Bad input to every endpoint: refused in Matrix's own words, and nobody else notices."""
