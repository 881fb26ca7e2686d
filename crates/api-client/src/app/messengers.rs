//! The ways to people's addresses, and what is told on them.
use std::sync::Arc;

use accounts::threepids::{Messengers, Verification};
use config::{Config, Demand};
use mail::Mailer;
use push::{
    Push,
    delivery::{
        Delivery,
        digests::{self, Digests},
    },
};
use sms::Sms;
use store::Store;

use super::{
    Settings,
    assemble::{AssembleError, Reach, egress},
};

/// The ways to people's addresses.
pub(super) fn messengers(
    config: &Config,
    store: &Store,
    settings: &Settings,
) -> Result<Messengers, AssembleError> {
    let email = &config.email;
    let (clock, entropy) = (store.clock.clone(), store.entropy.clone());
    let mail = Mailer::new(email, settings.server_name.as_str(), clock, entropy)?;
    if mail.is_none() && config.registration.email == Demand::Required {
        return Err(AssembleError::NoEmail);
    }
    let sms = match &config.sms.url {
        Some(_) => {
            let gateway = egress(config, Reach::Any)?;
            Sms::new(&config.sms, settings.server_name.as_str(), gateway)?
        }
        None => None,
    };
    if sms.is_none() && config.registration.phone == Demand::Required {
        return Err(AssembleError::NoSms);
    }
    let verification = Verification {
        base_url: settings.client_url.clone(),
        lifetime_ms: email.link_lifetime.as_ms_i64(),
        tells_in_use: email.tell_addresses_in_use,
        next_link_hosts: email
            .next_link_hosts
            .iter()
            .map(|host| host.to_ascii_lowercase())
            .collect(),
    };
    Ok(Messengers { mail, sms, verification })
}

/// Mail about what users have not read, if any can be sent; users can ask for it then.
pub(super) fn digests(
    config: &Config,
    settings: &Settings,
    push: &Push,
    deliveries: &Arc<Delivery>,
    mail: Option<&Arc<Mailer>>,
) -> Option<Arc<Digests>> {
    let email = &config.email;
    let mail = mail.filter(|_| email.notifications)?;
    push.allow_email();
    let web_client = email.web_client.as_deref();
    let settings = digests::Settings {
        after_ms: email.notify_after.as_ms_i64(),
        every_ms: email.notify_every.as_ms_i64(),
        include_content: email.include_content,
        base_url: settings.client_url.clone(),
        web_client: web_client.map(|url| url.trim_end_matches('/').to_owned()),
        server_name: settings.server_name.to_string(),
    };
    Some(Digests::new(Arc::clone(deliveries), Arc::clone(mail), settings))
}
