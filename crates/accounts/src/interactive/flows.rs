//! Which stages lead to what.
use config::Demand;
use protocol::threepid::Medium;

use super::Stage;
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
            if self.settings.registration == RegistrationMode::Token {
                flow.push(Stage::RegistrationToken);
            }
            if flow.is_empty() {
                flow.push(Stage::Dummy);
            }
        }
        flows
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
