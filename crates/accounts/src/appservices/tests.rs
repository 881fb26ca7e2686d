use std::sync::Arc;

use db::testing::engines;
use protocol::ids::OwnedUserId;

use super::*;
use crate::{
    Action,
    testing::{TestServer, device},
};

fn user(name: &str) -> OwnedUserId {
    format!("@{name}:example.org").try_into().unwrap()
}

fn irc() -> Arc<str> {
    Arc::from("irc")
}

#[tokio::test]
async fn an_appservice_acts_as_users_that_exist_with_devices_that_they_have() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let accounts = &server.accounts;
        accounts.ensure_sender(&user("bot")).await.unwrap();
        accounts.ensure_sender(&user("bot")).await.unwrap();
        let bot = accounts.act_as(&user("bot"), None, irc()).await.unwrap();
        assert_eq!((&bot.user_id, bot.device()), (&user("bot"), None));
        let missing = accounts.act_as(&user("eve"), None, irc()).await.unwrap_err();
        assert!(matches!(missing, ActError::NotRegistered(_)));
        for device in ["PHONE", "", "\0"] {
            let unknown = accounts.act_as(&user("bot"), Some(device), irc()).await.unwrap_err();
            assert!(matches!(unknown, ActError::UnknownDevice), "{device:?}");
        }
        let phone: protocol::ids::OwnedDeviceId = "PHONE".into();
        assert!(accounts.put_device(&bot, &phone, Some("Phone")).await.unwrap());
        assert!(!accounts.put_device(&bot, &phone, Some("Other")).await.unwrap());
        let long = "x".repeat(101);
        let refused = accounts.put_device(&bot, "TABLET".into(), Some(&long)).await.unwrap_err();
        assert!(matches!(refused, DeviceError::Name));
        let bot = accounts.act_as(&user("bot"), Some("PHONE"), irc()).await.unwrap();
        let confirmed = accounts
            .confirm(&bot, Action::DeleteDevices, "", &serde_json::json!({}), None)
            .await
            .unwrap();
        accounts.delete_devices(&bot, &["PHONE".to_owned()], confirmed).await.unwrap();
        assert!(accounts.act_as(&user("bot"), Some("PHONE"), irc()).await.is_err());
    }
}

#[tokio::test]
async fn accounts_of_appservices_have_names_that_others_cannot_have_and_no_password() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let accounts = &server.accounts;
        for name in ["123", "_irc", "root"] {
            let made = accounts.register_for_appservice(name, Some(device("D"))).await.unwrap();
            assert_eq!(made.user_id, user(name));
            assert!(server.accepts(&made.granted.unwrap()).await);
            let login = accounts.login_with_password(name, "", device("D")).await.unwrap_err();
            assert!(matches!(login, LoginError::Wrong));
        }
        let granted = accounts.login_for_appservice(&user("root"), device("E")).await.unwrap();
        assert!(server.accepts(&granted).await);
        let taken = accounts.register_for_appservice("root", None).await.unwrap_err();
        assert!(matches!(taken, RegisterError::Name(NameError::InUse)));
        let large = accounts.register_for_appservice("Root", None).await.unwrap_err();
        assert!(matches!(large, RegisterError::Name(NameError::Invalid(_))));
    }
}
