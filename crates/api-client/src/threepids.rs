//! Addresses of users: e-mail addresses, how they are proven, added and removed.
mod add;
mod add_deprecated;
mod bind;
mod confirm_link;
mod credentials;
mod delete;
mod error;
mod list;
mod request_email;
mod request_email_to_add;
mod request_email_to_register;
mod request_email_to_reset;
mod request_phone;
mod request_phone_to_add;
mod request_phone_to_register;
mod request_phone_to_reset;
mod show_link;
mod submit_code;
mod unbind;

use endpoint::endpoints;

pub(crate) use self::credentials::Credentials;
use crate::App;

endpoints! { App:
    list,
    add,
    add_deprecated,
    delete,
    bind,
    unbind,
    request_email_to_add,
    request_email_to_register,
    request_email_to_reset,
    request_phone_to_add,
    request_phone_to_register,
    request_phone_to_reset,
    show_link,
    confirm_link,
    submit_code,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
