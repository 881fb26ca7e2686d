use db::testing::engines;

use super::*;
use crate::testing::{PASSWORD, TestServer};

fn mac(secret: &str, nonce: &str, name: &str, rest: &[&str]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(nonce.as_bytes());
    for part in [&[name], rest].concat() {
        mac.update(b"\0");
        mac.update(part.as_bytes());
    }
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn request(nonce: &str, name: &str, admin: bool, mac: String) -> SharedSecretRequest {
    SharedSecretRequest {
        nonce: nonce.to_owned(),
        username: name.to_owned(),
        password: Secret::new(PASSWORD),
        displayname: None,
        admin,
        user_type: None,
        mac,
    }
}

async fn server(database: &db::testing::TestDatabase) -> TestServer {
    TestServer::with(database, |settings| {
        settings.shared_secret = Some(Secret::new("shared secret"));
        settings.registration = crate::RegistrationMode::Closed;
    })
    .await
}

#[tokio::test]
async fn whoever_knows_the_secret_makes_accounts() {
    for database in engines().await {
        let server = server(&database).await;
        let nonce = server.accounts.shared_secret_nonce().unwrap();
        let nonce = nonce.expose();
        let mac = mac("shared secret", nonce, "boss", &[PASSWORD, "admin"]);
        let made = request(nonce, "boss", true, mac.to_uppercase());
        let granted = server.accounts.register_with_shared_secret(made).await.unwrap();
        let session = server.authenticate(&granted).await;
        assert_eq!((session.user_id.as_str(), session.is_admin), ("@boss:example.org", true));
        let again = request(nonce, "boss2", true, mac);
        let again = server.accounts.register_with_shared_secret(again).await;
        assert!(matches!(again, Err(SharedSecretError::Nonce)), "a nonce is good once");
    }
}

#[tokio::test]
async fn whoever_does_not_is_refused() {
    for database in engines().await {
        let server = server(&database).await;
        for wrong in ["other secret", ""] {
            let nonce = server.accounts.shared_secret_nonce().unwrap();
            let mac = mac(wrong, nonce.expose(), "eve", &[PASSWORD, "notadmin"]);
            let result = request(nonce.expose(), "eve", false, mac);
            let result = server.accounts.register_with_shared_secret(result).await;
            assert!(matches!(result, Err(SharedSecretError::Mac)));
        }
        let nonce = server.accounts.shared_secret_nonce().unwrap();
        let mac = mac("shared secret", nonce.expose(), "eve", &[PASSWORD, "notadmin"]);
        let promoted = request(nonce.expose(), "eve", true, mac);
        let promoted = server.accounts.register_with_shared_secret(promoted).await;
        assert!(matches!(promoted, Err(SharedSecretError::Mac)), "it is part of what is signed");
        for garbage in ["", "0", "zz", &"0".repeat(1_000)] {
            let nonce = server.accounts.shared_secret_nonce().unwrap();
            let result = request(nonce.expose(), "eve", false, garbage.to_owned());
            let result = server.accounts.register_with_shared_secret(result).await;
            assert!(matches!(result, Err(SharedSecretError::Mac)), "{garbage}");
        }
        assert!(server.accounts.find_by_name("eve").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn two_readings_of_the_same_bytes_are_not_possible() {
    for database in engines().await {
        let server = server(&database).await;
        let nonce = server.accounts.shared_secret_nonce().unwrap();
        // As if the name were "eve" and the password began with "x".
        let mac = mac("shared secret", nonce.expose(), "eve\0x", &[PASSWORD, "notadmin"]);
        let result = request(nonce.expose(), "eve\0x", false, mac);
        let result = server.accounts.register_with_shared_secret(result).await;
        assert!(matches!(result, Err(SharedSecretError::ZeroByte)));
    }
}

#[tokio::test]
async fn without_a_secret_in_the_configuration_there_is_no_way() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let nonce = server.accounts.shared_secret_nonce();
        assert!(matches!(nonce, Err(SharedSecretError::Disabled)));
        let result = request("", "eve", true, String::new());
        let result = server.accounts.register_with_shared_secret(result).await;
        assert!(matches!(result, Err(SharedSecretError::Disabled)));
    }
}
