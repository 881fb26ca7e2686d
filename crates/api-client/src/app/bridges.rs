//! Application services as what bridges other networks.
use appservices::{Appservices, Sought};
use serde_json::{Map, Value};

use super::third_party::{Fields, Lookup, ThirdParty};

impl ThirdParty for Appservices {
    fn protocols(&self) -> Lookup<'_, Map<String, Value>> {
        Box::pin(Self::protocols(self))
    }

    fn locations<'a>(&'a self, protocol: &'a str, fields: &'a Fields) -> Lookup<'a, Vec<Value>> {
        Box::pin(self.find_in_protocol(Sought::Locations, protocol, fields))
    }

    fn users<'a>(&'a self, protocol: &'a str, fields: &'a Fields) -> Lookup<'a, Vec<Value>> {
        Box::pin(self.find_in_protocol(Sought::Users, protocol, fields))
    }

    fn locations_of_alias<'a>(&'a self, alias: &'a str) -> Lookup<'a, Vec<Value>> {
        Box::pin(self.find_by_matrix(Sought::Locations, alias))
    }

    fn users_of_id<'a>(&'a self, user: &'a str) -> Lookup<'a, Vec<Value>> {
        Box::pin(self.find_by_matrix(Sought::Users, user))
    }
}
