//! Accounts: logging in and out, devices, profiles, and the data that clients keep for their users.
mod change_password;
mod create_filter;
mod create_login_token;
mod deactivate;
mod delete_device;
mod delete_devices;
mod delete_profile_field;
mod delete_tag;
mod device;
mod get_account_data;
mod get_auth_metadata;
mod get_device;
mod get_devices;
mod get_filter;
mod get_login_flows;
mod get_profile;
mod get_profile_field;
mod get_registration_token_validity;
mod get_room_account_data;
mod get_tags;
mod get_username_available;
mod granted;
mod identifier;
pub(crate) mod interactive;
mod login;
mod logout;
mod logout_all;
mod redirect_to_provider;
mod redirect_to_sso;
mod refresh;
mod register;
mod request_openid_token;
mod secret;
mod set_account_data;
mod set_profile_field;
mod set_room_account_data;
mod set_tag;
mod update_device;
mod whoami;
mod whois;

use endpoint::endpoints;

pub(crate) use self::secret::Hidden;
use crate::App;

endpoints! { App:
    get_auth_metadata,
    get_login_flows,
    redirect_to_sso,
    redirect_to_provider,
    login,
    refresh,
    logout,
    logout_all,
    register,
    get_username_available,
    get_registration_token_validity,
    create_login_token,
    request_openid_token,
    whoami,
    whois,
    change_password,
    deactivate,
    get_devices,
    get_device,
    update_device,
    delete_device,
    delete_devices,
    get_profile,
    get_profile_field,
    set_profile_field,
    delete_profile_field,
    get_account_data,
    set_account_data,
    get_room_account_data,
    set_room_account_data,
    get_tags,
    set_tag,
    delete_tag,
    create_filter,
    get_filter,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
