//! `longhouse user …`: accounts of a running node, over its socket.
use api_admin::local::{
    create_user, deactivate_user,
    document::{
        Administrates, Deactivation, Locked, NewEnd, NewPassword, NewUser, Renewed, ShadowBanned,
        Suspended, User as Account, Users,
    },
    list_users, renew_user, set_admin, set_locked, set_password, set_shadow_banned, set_suspended,
};
use clap::{Args, Subcommand};

use super::{Context, block_on, day};
use crate::{control::Control, failure::Failure, output::table, passwords};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Makes an account.
    Create(Create),
    /// Lists accounts.
    List {
        /// Closed accounts as well.
        #[arg(long)]
        deactivated: bool,
        /// Only those who have not agreed to the present terms, and have to (`[terms]`).
        #[arg(long, conflicts_with = "deactivated")]
        not_agreed: bool,
    },
    /// Gives a user another password.
    Password {
        /// The user: a name, or a whole user id.
        user: String,
        #[command(flatten)]
        password: PasswordSource,
        /// Let the user's sessions go on.
        #[arg(long)]
        keep_sessions: bool,
    },
    /// Closes an account for good: all its sessions end, and its name is not free again.
    Deactivate {
        /// The user: a name, or a whole user id.
        user: String,
        /// Forget the user's profile and data as far as possible.
        #[arg(long)]
        erase: bool,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Locks an account: its user can do nothing but end sessions.
    Lock {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Unlocks an account: its sessions go on as they were.
    Unlock {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Suspends an account: its user can read and leave, but not act.
    Suspend {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Lets the user of a suspended account act again.
    Unsuspend {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Shadow-bans a user: what they do is answered as ever, and reaches nobody.
    ShadowBan {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Ends a shadow-ban.
    ShadowUnban {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Renews an account that ends, or has ended (`[account_validity]`).
    Renew(Renew),
    /// Makes a user an administrator.
    Promote {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Makes an administrator an ordinary user.
    Demote {
        /// The user: a name, or a whole user id.
        user: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The user's name, the part before the colon.
    name: String,
    #[command(flatten)]
    password: PasswordSource,
    /// Make them an administrator.
    #[arg(long)]
    admin: bool,
    /// What they are called; their name without it.
    #[arg(long, value_name = "NAME")]
    displayname: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Renew {
    /// The user: a name, or a whole user id.
    user: String,
    /// Until the beginning of this day (`2027-01-31`, UTC).
    #[arg(long, value_name = "DAY", conflicts_with = "lasting")]
    until: Option<String>,
    /// For so long from now on (`90d`); without either, for the configured time.
    #[arg(long = "for", value_name = "TIME")]
    lasting: Option<String>,
}

impl Renew {
    fn run(self, context: &Context, node: &Control) -> Result<(), Failure> {
        let until_ms = self.until.as_deref().map(|text| {
            let unknown = || Failure::new(format!("{text:?} is not a day such as 2027-01-31"));
            day::parse(text).ok_or_else(unknown)
        });
        let for_ms = self.lasting.as_deref().map(|text| {
            let lifetime = config::Lifetime::parse(text);
            let ms = lifetime.and_then(|lifetime| i64::try_from(lifetime.as_ms()).ok());
            ms.ok_or_else(|| Failure::new(format!("{text:?} is not a time such as 90d")))
        });
        let body = NewEnd { until_ms: until_ms.transpose()?, for_ms: for_ms.transpose()? };
        let renewed: Renewed = block_on(node.ask(&renew_user::ENDPOINT, &self.user, &body))?;
        context.output.result(&renewed, |renewed| {
            format!(
                "the account of {} is valid until {}",
                renewed.user_id,
                day::show(renewed.until_ms)
            )
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of a file, or of standard input (`-`).
    #[arg(long, value_name = "FILE")]
    password_file: Option<String>,
}

impl PasswordSource {
    fn read(&self) -> Result<String, Failure> {
        passwords::new_password(self.password_file.as_deref())
    }
}

impl User {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::Create(create) => create.run(context, &node),
            Self::List { deactivated, not_agreed } => list(context, &node, deactivated, not_agreed),
            Self::Password { user, password, keep_sessions } => {
                node.check_running()?;
                let password = password.read()?;
                let body = NewPassword { password, logout_devices: !keep_sessions };
                let changed = block_on(node.ask(&set_password::ENDPOINT, &user, &body))?;
                done(context, &changed, "has a new password")
            }
            Self::Deactivate { user, erase, yes } => {
                node.check_running()?;
                if !yes {
                    passwords::confirm(&format!("Close the account of {user} for good?"))?;
                }
                let closed =
                    block_on(node.ask(&deactivate_user::ENDPOINT, &user, &Deactivation { erase }))?;
                done(context, &closed, "is deactivated")
            }
            Self::Lock { user } => lock(context, &node, &user, true),
            Self::Unlock { user } => lock(context, &node, &user, false),
            Self::Suspend { user } => suspend(context, &node, &user, true),
            Self::Unsuspend { user } => suspend(context, &node, &user, false),
            Self::ShadowBan { user } => shadow_ban(context, &node, &user, true),
            Self::ShadowUnban { user } => shadow_ban(context, &node, &user, false),
            Self::Renew(renew) => renew.run(context, &node),
            Self::Promote { user } => administrates(context, &node, &user, true),
            Self::Demote { user } => administrates(context, &node, &user, false),
        }
    }
}

impl Create {
    fn run(self, context: &Context, node: &Control) -> Result<(), Failure> {
        node.check_running()?;
        let password = self.password.read()?;
        let body =
            NewUser { name: self.name, password, admin: self.admin, displayname: self.displayname };
        let made: Account = block_on(node.ask(&create_user::ENDPOINT, "", &body))?;
        context.output.result(&made, |made| {
            let role = if made.admin { " as an administrator" } else { "" };
            format!("{} can log in now{role}", made.user_id)
        })
    }
}

/// Asks page by page: a node with many users answers in pieces.
fn list(
    context: &Context,
    node: &Control,
    deactivated: bool,
    not_agreed: bool,
) -> Result<(), Failure> {
    let mut all = Users { users: Vec::new() };
    loop {
        let after = all.users.last().map(|user| user.user_id.clone()).unwrap_or_default();
        let query = [
            ("after", after),
            ("deactivated", deactivated.to_string()),
            ("not_agreed", not_agreed.to_string()),
        ];
        let page: Users = block_on(node.get(&list_users::ENDPOINT, &query))?;
        if page.users.is_empty() {
            break;
        }
        all.users.extend(page.users);
    }
    context.output.result(&all, |all| {
        let row = |user: &Account| {
            let admin = if user.admin { "administrator" } else { "" };
            let standing = match user {
                Account { deactivated: true, .. } => "deactivated",
                Account { locked: true, .. } => "locked",
                Account { suspended: true, .. } => "suspended",
                Account { shadow_banned: true, .. } => "shadow-banned",
                _ => "",
            };
            let kind = user.user_type.clone().unwrap_or_default();
            vec![user.user_id.clone(), admin.to_owned(), standing.to_owned(), kind]
        };
        table(&all.users.iter().map(row).collect::<Vec<_>>())
    })
}

fn lock(context: &Context, node: &Control, user: &str, locked: bool) -> Result<(), Failure> {
    let changed = block_on(node.ask(&set_locked::ENDPOINT, user, &Locked { locked }))?;
    done(context, &changed, if locked { "is locked" } else { "is not locked" })
}

fn suspend(context: &Context, node: &Control, user: &str, suspended: bool) -> Result<(), Failure> {
    let changed = block_on(node.ask(&set_suspended::ENDPOINT, user, &Suspended { suspended }))?;
    done(context, &changed, if suspended { "is suspended" } else { "is not suspended" })
}

fn shadow_ban(
    context: &Context,
    node: &Control,
    user: &str,
    shadow_banned: bool,
) -> Result<(), Failure> {
    let body = ShadowBanned { shadow_banned };
    let changed = block_on(node.ask(&set_shadow_banned::ENDPOINT, user, &body))?;
    let what = if shadow_banned { "is shadow-banned" } else { "is not shadow-banned" };
    done(context, &changed, what)
}

fn administrates(
    context: &Context,
    node: &Control,
    user: &str,
    admin: bool,
) -> Result<(), Failure> {
    let changed = block_on(node.ask(&set_admin::ENDPOINT, user, &Administrates { admin }))?;
    done(context, &changed, if admin { "is an administrator" } else { "is no administrator" })
}

/// Prints the account as it is now, or for people what was done.
fn done(context: &Context, user: &Account, what: &str) -> Result<(), Failure> {
    context.output.result(user, |user| format!("{} {what}", user.user_id))
}
