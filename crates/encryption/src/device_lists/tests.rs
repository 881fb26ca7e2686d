use crate::{
    DeviceListChanges,
    testing::{TestDevice, TestServer, key, on_each_engine},
    upload::KeysUpload,
};

async fn identify(server: &TestServer, device: &TestDevice) {
    let upload = KeysUpload { device_keys: Some(device.device_keys()), ..KeysUpload::default() };
    server.encryption.upload_keys(device.as_device(), upload).await.unwrap();
}

async fn changes(server: &TestServer, user: &TestDevice, after: i64) -> DeviceListChanges {
    server.encryption.device_list_changes(user.user, after, server.position()).await.unwrap()
}

#[tokio::test]
async fn those_who_share_a_room_learn_of_new_deleted_and_renamed_devices() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "PHONE").await;
        let eve = server.device("@eve:server.example", "PHONE").await;
        server.join(1, &[&alice, &bob]);
        let mut after = server.position();
        let mut check = async |what: &str, expected: bool| {
            let expected = if expected { vec![alice.user_id.clone()] } else { Vec::new() };
            for (user, expected) in [(&bob, &expected), (&alice, &expected), (&eve, &Vec::new())] {
                let seen = changes(&server, user, after).await;
                assert_eq!(&seen.changed, expected, "{what}: {}", user.user_id);
                assert!(seen.left.is_empty());
            }
            after = server.position();
        };
        check("nothing", false).await;
        identify(&server, &alice).await;
        check("new identity keys", true).await;
        identify(&server, &alice).await;
        check("the same again", false).await;
        let mut write = db::Write::new();
        let renamed =
            server.encryption.device_renamed(&mut write, alice.user, "PHONE").await.unwrap();
        let committed = server.store.write(write).await.unwrap();
        let published = renamed(&committed);
        server.store.changes.publish(committed.publication, &published);
        check("renamed", true).await;
        server.delete(&alice).await;
        check("deleted", true).await;
        let silent = server.device("@alice:server.example", "SILENT").await;
        server.delete(&silent).await;
        check("a device without keys", false).await;
    })
    .await;
}

#[tokio::test]
async fn a_user_in_no_room_learns_of_their_own_devices() {
    on_each_engine(async |server| {
        let phone = server.device("@alice:server.example", "PHONE").await;
        let after = server.position();
        identify(&server, &phone).await;
        assert_eq!(changes(&server, &phone, after).await.changed, vec![phone.user_id.clone()]);
    })
    .await;
}

#[tokio::test]
async fn meeting_somebody_is_a_change_and_parting_is_leaving() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "PHONE").await;
        let eve = server.device("@eve:server.example", "PHONE").await;
        server.join(1, &[&alice, &bob]);
        *server.rooms.moved.lock() = vec![bob.user, eve.user];
        let seen = changes(&server, &alice, server.position()).await;
        assert_eq!(seen.left, vec![eve.user_id.clone()]);
        assert_eq!(seen.changed, vec![bob.user_id.clone()]);
    })
    .await;
}

#[tokio::test]
async fn deleted_devices_leave_no_keys_behind() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        identify(&server, &alice).await;
        let keys = [("signed_curve25519:A".to_owned(), alice.one_time_key(1))];
        let upload = KeysUpload {
            one_time_keys: keys.clone().into(),
            fallback_keys: keys.into(),
            ..KeysUpload::default()
        };
        server.encryption.upload_keys(alice.as_device(), upload).await.unwrap();
        server.delete(&alice).await;
        let mut again = server.device("@alice:server.example", "PHONE").await;
        again.key = key(3);
        let counts = server.encryption.key_counts(again.user, again.id()).await.unwrap();
        assert_eq!(counts.one_time_keys["signed_curve25519"], 0);
        assert!(counts.unused_fallback_algorithms.is_empty());
        let query = [(again.user_id.clone(), Vec::new())].into();
        let answer = server.encryption.query_keys(again.user, query).await.unwrap();
        assert!(answer.device_keys[&again.user_id].is_empty());
    })
    .await;
}
