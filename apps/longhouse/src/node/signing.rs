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
    let name = config.server.name.as_str().try_into();
    let name = name.map_err(|_| Failure::new("server.name is not a server name"))?;
    Ok(Signer::new(name, key))
}
