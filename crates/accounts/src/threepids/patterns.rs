//! Which addresses an administrator allows.

/// A pattern of addresses: `*` stands for any text, also none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPattern(Vec<String>);

impl AddressPattern {
    /// Reads a pattern. Capital letters are small ones, as in addresses.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase().split('*').map(str::to_owned).collect())
    }

    /// Whether an address fits. The time it takes is linear in the address for each star.
    #[must_use]
    pub fn fits(&self, address: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|whole| whole == address);
        };
        let inner =
            address.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let Some(mut rest) = inner else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::AddressPattern;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, address, fits) in [
            ("alice@example.org", "alice@example.org", true),
            ("alice@example.org", "malice@example.org", false),
            ("*@example.org", "alice@example.org", true),
            ("*@Example.org", "alice@example.org", true),
            ("*@example.org", "alice@example.org.evil.example", false),
            ("*@example.org", "alice@evil-example.org", false),
            ("*@*.example.org", "alice@mail.example.org", true),
            ("*@*.example.org", "alice@example.org", false),
            ("*", "alice@example.org", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "ac", false),
            ("ab*ba", "aba", false),
            ("", "alice@example.org", false),
        ] {
            assert_eq!(AddressPattern::new(pattern).fits(address), fits, "{pattern} {address}");
        }
    }
}
