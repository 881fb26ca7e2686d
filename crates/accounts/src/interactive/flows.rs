//! Which stages lead to what.
use config::Demand;
use parking_lot::Mutex;
use protocol::threepid::Medium;
use serde_json::{Map, json};

use super::{Challenge, ConfirmError, Progress, Refused, Stage};
use crate::{Accounts, RegistrationMode};

impl Accounts {
    /// Whether people prove an address of this kind when they make an account.
    pub(crate) fn demand(&self, medium: Medium) -> Demand {
        match medium {
            medium if !self.messengers.reach(medium) => Demand::Off,
            Medium::Email => self.settings.email,
            Medium::Msisdn => self.settings.phone,
        }
    }

    /// The ways to an account. What may be left out comes first: who has come to the end of a shorter way is not asked for
    /// more.
    pub(super) fn registration_flows(&self) -> Vec<Vec<Stage>> {
        let mut flows = vec![Vec::new()];
        let contacts = [
            (Stage::EmailIdentity, self.demand(Medium::Email)),
            (Stage::Msisdn, self.demand(Medium::Msisdn)),
        ];
        for (stage, demand) in contacts {
            let with = flows.iter().map(|flow: &Vec<Stage>| [flow.as_slice(), &[stage]].concat());
            match demand {
                Demand::Off => {}
                Demand::Optional => flows.extend(with.collect::<Vec<_>>()),
                Demand::Required => flows = with.collect(),
            }
        }
        for flow in &mut flows {
            if !self.settings.terms.is_empty() {
                flow.insert(0, Stage::Terms);
            }
            if self.settings.registration == RegistrationMode::Token {
                flow.push(Stage::RegistrationToken);
            }
            if flow.is_empty() {
                flow.push(Stage::Dummy);
            }
        }
        flows
    }

    /// What is still to be proved, with what clients have to know for it.
    pub(super) fn challenge(
        &self,
        session: String,
        flows: &[Vec<Stage>],
        progress: &Mutex<Progress>,
        refused: Option<Refused>,
    ) -> ConfirmError {
        let mut params = Map::new();
        if flows.iter().any(|flow| flow.contains(&Stage::Terms)) {
            let policies = self.settings.terms.to_json();
            params.insert(Stage::Terms.as_str().to_owned(), json!({ "policies": policies }));
        }
        let completed = progress.lock().completed.clone();
        let flows = flows.to_vec();
        ConfirmError::Challenge(Box::new(Challenge { session, flows, params, completed, refused }))
    }

    /// The ways to a new password without a session.
    pub(super) fn reset_flows(&self) -> Vec<Vec<Stage>> {
        let ways = [(Medium::Email, Stage::EmailIdentity), (Medium::Msisdn, Stage::Msisdn)];
        let open = ways.into_iter().filter(|(medium, _)| self.messengers.reach(*medium));
        open.map(|(_, stage)| vec![stage]).collect()
    }

    /// Whether there is any way to a new password without a session.
    #[must_use]
    pub fn can_reset_password(&self) -> bool {
        !self.reset_flows().is_empty()
    }
}
