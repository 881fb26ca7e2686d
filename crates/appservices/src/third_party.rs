//! Looking things up in the networks that application services bridge ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#third-party-networks
use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::{
    Appservices, LinkError, Registration,
    link::{ask, part},
};

/// A client waits for the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Stands between the two parts of an instance's id.
const SEPARATOR: char = '|';

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Users.
    Users,
    /// Rooms.
    Locations,
}

impl Sought {
    fn path(self) -> &'static str {
        match self {
            Self::Users => "/_matrix/app/v1/thirdparty/user",
            Self::Locations => "/_matrix/app/v1/thirdparty/location",
        }
    }

    /// The parameter by which what is on Matrix is named.
    fn parameter(self) -> &'static str {
        match self {
            Self::Users => "userid",
            Self::Locations => "alias",
        }
    }
}

/// The id that clients know an instance of a network by: what an application service calls it alone is not unique.
#[must_use]
pub fn instance_id(appservice: &str, network: &str) -> String {
    format!("{appservice}{SEPARATOR}{network}")
}

/// The application service and the network of an [`instance_id`].
#[must_use]
pub fn network_of_instance(instance: &str) -> Option<(&str, &str)> {
    instance.split_once(SEPARATOR).filter(|(appservice, network)| {
        !appservice.is_empty() && !network.is_empty() && !instance.contains('\0')
    })
}

impl Appservices {
    /// The protocols that can be looked up in, as their application services describe them. One that does not answer is
    /// left out.
    pub async fn protocols(&self) -> Map<String, Value> {
        let mut found = Map::new();
        for registration in self.registrations.all() {
            for protocol in &registration.protocols {
                let path = format!("/_matrix/app/v1/thirdparty/protocol/{}", part(protocol));
                if let Some(Value::Object(described)) = self.look_up(registration, &path).await {
                    add_protocol(&mut found, protocol, &registration.id, described);
                }
            }
        }
        found
    }

    /// Who or what a protocol has with these fields.
    pub async fn find_in_protocol(
        &self,
        sought: Sought,
        protocol: &str,
        fields: &BTreeMap<String, String>,
    ) -> Vec<Value> {
        let path = format!("{}/{}{}", sought.path(), part(protocol), query(fields));
        let mut found = Vec::new();
        for registration in self.registrations.all() {
            if registration.protocols.iter().any(|known| known == protocol) {
                found.extend(self.look_up_list(registration, &path).await);
            }
        }
        found
    }

    /// Whom or what a user id or an alias stands for.
    pub async fn find_by_matrix(&self, sought: Sought, name: &str) -> Vec<Value> {
        let fields = BTreeMap::from([(sought.parameter().to_owned(), name.to_owned())]);
        let path = format!("{}{}", sought.path(), query(&fields));
        let mut found = Vec::new();
        for registration in self.registrations.all() {
            if !registration.protocols.is_empty() {
                found.extend(self.look_up_list(registration, &path).await);
            }
        }
        found
    }

    async fn look_up_list(&self, registration: &Registration, path: &str) -> Vec<Value> {
        match self.look_up(registration, path).await {
            Some(Value::Array(found)) => found.into_iter().filter(Value::is_object).collect(),
            _ => Vec::new(),
        }
    }

    async fn look_up(&self, registration: &Registration, path: &str) -> Option<Value> {
        let asking = ask(self.egress.as_ref(), registration, Method::GET, path, Bytes::new());
        match timeout(ANSWER_WITHIN, asking).await {
            Ok(Ok(answer)) => serde_json::from_slice(&answer).ok(),
            Ok(Err(
                LinkError::NoUrl | LinkError::Refused { status: StatusCode::NOT_FOUND, .. },
            )) => None,
            Ok(Err(error)) => {
                tracing::warn!(%error, appservice = %registration.id, "a look-up was not answered");
                None
            }
            Err(_) => {
                tracing::warn!(appservice = %registration.id, "a look-up was not answered in time");
                None
            }
        }
    }
}

/// Adds what an application service says of a protocol. Several may have instances of one.
fn add_protocol(
    found: &mut Map<String, Value>,
    protocol: &str,
    appservice: &str,
    mut described: Map<String, Value>,
) {
    let instances = described.get_mut("instances").and_then(Value::as_array_mut);
    for instance in instances.into_iter().flatten().filter_map(Value::as_object_mut) {
        let network = instance.get("network_id").and_then(Value::as_str);
        if let Some(network) = network {
            let id = instance_id(appservice, network);
            instance.insert("instance_id".to_owned(), id.into());
        }
    }
    match found.get_mut(protocol).and_then(|known| known.get_mut("instances")) {
        Some(Value::Array(known)) => {
            let more = described.remove("instances");
            known.extend(more.and_then(|more| more.as_array().cloned()).unwrap_or_default());
        }
        _ => drop(found.insert(protocol.to_owned(), described.into())),
    }
}

fn query(fields: &BTreeMap<String, String>) -> String {
    let mut query = String::new();
    for (name, value) in fields {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&part(name));
        query.push('=');
        query.push_str(&part(value));
    }
    query
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instances_of_several_application_services_are_told_apart() {
        let mut found = Map::new();
        let described = |network: &str| {
            let described =
                json!({ "icon": "mxc://a/b", "instances": [{ "network_id": network }] });
            described.as_object().cloned().unwrap()
        };
        add_protocol(&mut found, "irc", "one", described("libera"));
        add_protocol(&mut found, "irc", "two", described("libera"));
        let ids: Vec<_> = found["irc"]["instances"].as_array().unwrap().iter().collect();
        assert_eq!(ids[0]["instance_id"], "one|libera");
        assert_eq!(ids[1]["instance_id"], "two|libera");
        assert_eq!(network_of_instance("two|libera"), Some(("two", "libera")));
        for none in ["", "two", "|libera", "two|", "two|\0"] {
            assert_eq!(network_of_instance(none), None);
        }
    }

    #[test]
    fn fields_are_a_query() {
        let fields = BTreeMap::from([
            ("a b".to_owned(), "#c&d".to_owned()),
            ("e".to_owned(), String::new()),
        ]);
        assert_eq!(query(&fields), "?a%20b=%23c%26d&e=");
        assert_eq!(query(&BTreeMap::new()), "");
    }
}
