//! The migrations, in order. A landed one is never edited: expand, then contract.
use db::Migration;

macro_rules! migrations {
    ($($number:literal $name:literal),+ $(,)?) => {
        /// Every migration of the schema.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
        }),+];
    };
}

migrations! {
    1 "0001_rooms",
    2 "0002_accounts",
    3 "0003_encryption",
    4 "0004_media",
    5 "0005_push",
    6 "0006_bump",
    7 "0007_sliding_connections",
    8 "0008_member_positions",
    9 "0009_user_directory",
    10 "0010_short_tokens",
    11 "0011_locks",
    12 "0012_reports",
    13 "0013_presence",
    14 "0014_dehydrated_devices",
    15 "0015_ignored_users",
    16 "0016_pushers",
    17 "0017_relations",
    18 "0018_event_times",
    19 "0019_search",
    20 "0020_url_previews",
    21 "0021_media_accounting",
    22 "0022_appservices",
    23 "0023_room_jobs",
    24 "0024_blocked_rooms",
    25 "0025_shadow_bans",
    26 "0026_notice_rooms",
    27 "0027_threepids",
    28 "0028_delayed_events",
    29 "0029_sticky_events",
    30 "0030_thread_subscriptions",
    31 "0031_terms",
    32 "0032_account_validity",
    33 "0033_mail_pushers",
}
