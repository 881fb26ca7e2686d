//! Guests ([spec]): accounts for looking around, without a name of their own choice and without a password. They last as
//! long as their session.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#guest-access
use crate::{
    Accounts,
    administration::{NewUser, Origin},
    login::DeviceRequest,
    registration::{RegisterError, Registered},
};

impl Accounts {
    /// Makes an account for a guest, and opens its session. Which device it is called is not for a guest to say.
    ///
    /// # Errors
    /// [`RegisterError::NoGuests`] where the administrator wants none.
    pub async fn register_guest(
        &self,
        display_name: Option<String>,
    ) -> Result<Registered, RegisterError> {
        if !self.settings.guests {
            return Err(RegisterError::NoGuests);
        }
        let name = self.check_available(&self.made_up_name()).await?;
        let new = NewUser {
            name: name.localpart().to_owned(),
            password: None,
            displayname: None,
            admin: false,
            user_type: None,
        };
        let user =
            self.insert_user(name, new, Origin { is_guest: true, ..Origin::default() }).await?;
        let device = DeviceRequest { device_id: None, display_name, refresh_token: false };
        let granted = self.open_session(&user, device).await.map_err(RegisterError::Login)?;
        Ok(Registered { user_id: user.name, granted: Some(granted) })
    }
}
