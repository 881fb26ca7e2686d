//! The key that signs this server's events, in a file of its own: a copy of the database alone must
//! not be able to speak for the server.
use std::{fs, io};

use config::Config;
use entropy::Entropy;
use protocol::signing::{ServerKey, Signer};

use crate::{
    failure::Failure,
    folder::{Folder, write_private},
};

/// Reads the key, or makes it at the first start.
pub(super) fn load(
    config: &Config,
    folder: &Folder,
    entropy: &dyn Entropy,
) -> Result<Signer, Failure> {
    let path = folder.signing_key();
    let shown = path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = ServerKey::generate(&entropy::array(entropy))
                .map_err(|error| Failure::of("cannot make a signing key", &error))?;
            let text = key.to_text();
            write_private(&path, &text)
                .map_err(|error| Failure::of(&format!("cannot write {shown}"), &error))?;
            text
        }
        Err(error) => return Err(Failure::of(&format!("cannot read {shown}"), &error)),
    };
    let key = ServerKey::from_text(&text).map_err(|error| Failure::of(&shown, &error))?;
    if key.is_guessable() {
        return Err(Failure::new(format!("{shown} holds a key that others know")).next(
            "Whoever has it can speak for this server. Put the server's own key there; if \
                   it has never run, delete the file: the next start makes a key.",
        ));
    }
    let name = config.server.name.as_str().try_into();
    let name = name.map_err(|_| Failure::new("server.name is not a server name"))?;
    Ok(Signer::new(name, key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use entropy::SystemEntropy;

    use super::*;

    /// F13: fresh installations have nothing in common.
    #[test]
    fn a_thousand_new_nodes_have_a_thousand_keys() {
        let config = Config::default();
        let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..1_000 {
            let folder = tempfile::tempdir().unwrap();
            let entropy = SystemEntropy::new().unwrap();
            let folder = Folder::new(folder.path().to_owned());
            let made = load(&config, &folder, &entropy).unwrap();
            ids.insert(made.key().key_id().to_owned());
            keys.insert(made.key().public_key());
            // The next start has the same one.
            let again = load(&config, &folder, &entropy).unwrap();
            assert_eq!(again.key().public_key(), made.key().public_key());
        }
        assert_eq!((ids.len(), keys.len()), (1_000, 1_000));
    }

    #[test]
    fn a_key_that_others_know_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::new(folder.path().to_owned());
        folder.create().unwrap();
        let entropy = SystemEntropy::shared().unwrap();
        let refusal = |text: &str| {
            fs::write(folder.signing_key(), text).unwrap();
            load(&Config::default(), &folder, &*entropy).err().map(|error| error.to_string())
        };
        let published = "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
        let zeros = format!("ed25519 a {}", "A".repeat(43));
        for known in [published, &zeros] {
            assert!(refusal(known).unwrap().contains("others know"), "{known}");
        }
        for none in ["", "ed25519 a AAAA", "hello"] {
            let error = refusal(none).unwrap();
            assert!(error.contains("signing.key") && !error.contains("AAAA"), "{error}");
        }
        let good = ServerKey::generate(&entropy::array(&*entropy)).unwrap().to_text();
        assert_eq!(refusal(&good), None);
    }
}
