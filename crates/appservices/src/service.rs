//! The service.
use std::sync::Arc;

use accounts::{Accounts, administration::CreateError};
use components::Component;
use egress::Egress;
use encryption::Encryption;
use rooms::Rooms;
use store::Store;

use crate::{Registrations, delivery::Delivery};

/// The name of what delivers transactions, on the command line and in logs.
const COMPONENT: &str = "appservices";

/// What the service is built from.
pub struct Parts {
    /// The application services.
    pub registrations: Arc<Registrations>,
    /// The database and the change hub.
    pub store: Store,
    /// The accounts, theirs among them.
    pub accounts: Arc<Accounts>,
    /// The rooms.
    pub rooms: Arc<Rooms>,
    /// Messages to devices, device lists and key counts.
    pub encryption: Arc<Encryption>,
    /// The way to them; `None` where there are none. Private addresses have to be allowed: an administrator has named
    /// them.
    pub egress: Option<Egress>,
}

/// The application services of a node.
pub struct Appservices {
    pub(crate) registrations: Arc<Registrations>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) egress: Option<Egress>,
    delivery: Delivery,
}

/// The sender of an application service could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the user {user} of the application service {id} cannot be made: {why}")]
pub struct PrepareError {
    id: Arc<str>,
    user: String,
    why: CreateError,
}

impl Appservices {
    /// The service.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { registrations, store, accounts, rooms, encryption, egress } = parts;
        let delivery =
            Delivery { store, rooms: Arc::clone(&rooms), encryption, egress: egress.clone() };
        Self { registrations, accounts, egress, delivery }
    }

    /// What tells the application services what happens; `None` if there are none.
    #[must_use]
    pub fn component(&self) -> Option<Component> {
        if self.registrations.all().is_empty() {
            return None;
        }
        let (delivery, registrations) = (self.delivery.clone(), Arc::clone(&self.registrations));
        Some(Component::new(COMPONENT, &[], move |stop| {
            let (delivery, registrations) = (delivery.clone(), Arc::clone(&registrations));
            async move { delivery.run(registrations.all(), stop).await }
        }))
    }

    /// All application services.
    #[must_use]
    pub fn registrations(&self) -> &Arc<Registrations> {
        &self.registrations
    }

    /// Makes the sender of each application service unless it exists. To be called before anything is answered.
    ///
    /// # Errors
    /// [`PrepareError`] for the first that cannot be made.
    pub async fn prepare(&self) -> Result<(), PrepareError> {
        for registration in self.registrations.all() {
            let sender = &registration.sender;
            self.accounts.ensure_sender(sender).await.map_err(|why| PrepareError {
                id: Arc::clone(&registration.id),
                user: sender.to_string(),
                why,
            })?;
        }
        Ok(())
    }
}
