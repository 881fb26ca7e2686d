//! `[account_validity]`
use crate::{section::section, value::Lifetime};

section! {
    /// Accounts that end unless their users say that they still want them. Off until `period` is set. Whoever has not
    /// renewed their account can only log out, and have a mail sent that renews it: nothing is lost, and all goes on once it is
    /// renewed. It does not concern administrators, guests, users of application services, bots and support users (by their type).
    pub struct AccountValidity in "account_validity" {
        /// For how long an account is valid from when it was made, or renewed, on.
        pub period: Option<Lifetime> = None,
        /// How long before the end a mail with a link asks the user to renew the account. Needs `[email]`, and a user with an
        /// address; for others there is `longhouse user renew`.
        pub renew_at: Lifetime = Lifetime::seconds(7 * 86_400),
        /// The accounts that exist when this is switched on do not all end at once, but within this time before the first
        /// `period` is over. Without it: a tenth of the period.
        pub startup_spread: Option<Lifetime> = None,
    }
    check(this, complaints) {
        let Some(period) = this.period else { return };
        if period < Lifetime::seconds(3_600) {
            complaints.push(("period", "expected at least 1h".to_owned()));
        }
        if this.renew_at >= period {
            complaints.push(("renew_at", "expected less than the period".to_owned()));
        }
        if this.startup_spread.is_some_and(|spread| spread > period) {
            complaints.push(("startup_spread", "expected no more than the period".to_owned()));
        }
    }
}
