use ruma::room_version_rules::{
    EventIdFormatVersion, EventsReferenceFormatVersion, RoomVersionRules, StateResolutionVersion,
};

use super::*;

const RULES: [RoomVersionRules; 12] = [
    RoomVersionRules::V1,
    RoomVersionRules::V2,
    RoomVersionRules::V3,
    RoomVersionRules::V4,
    RoomVersionRules::V5,
    RoomVersionRules::V6,
    RoomVersionRules::V7,
    RoomVersionRules::V8,
    RoomVersionRules::V9,
    RoomVersionRules::V10,
    RoomVersionRules::V11,
    RoomVersionRules::V12,
];

#[test]
fn names_are_read_back() {
    for version in RoomVersion::ALL {
        assert_eq!(RoomVersion::parse(version.as_str()), Some(version));
    }
    for unknown in ["", "0", "13", "01", "1 ", "org.matrix.msc2870"] {
        assert_eq!(RoomVersion::parse(unknown), None);
    }
}

#[test]
fn only_old_versions_cannot_be_created() {
    let created: Vec<_> = RoomVersion::ALL.into_iter().filter(|v| v.can_create()).collect();
    assert_eq!(created, RoomVersion::ALL[2..]);
    assert_eq!(RoomVersion::DEFAULT.as_str(), "12");
}

/// An independent table: ruma's, made from the same specification by others.
#[test]
fn every_answer_agrees_with_ruma() {
    for (version, rules) in RoomVersion::ALL.into_iter().zip(RULES) {
        let auth = &rules.authorization;
        let format = match version.event_id_format() {
            EventIdFormat::Chosen => EventIdFormatVersion::V1,
            EventIdFormat::Hash => EventIdFormatVersion::V2,
            EventIdFormat::UrlSafeHash => EventIdFormatVersion::V3,
        };
        assert_eq!(format, rules.event_id_format, "{version}");
        let (is_v1, is_v2_1) = match rules.state_res {
            StateResolutionVersion::V2(rules) => (false, rules.consider_conflicted_state_subgraph),
            _ => (true, false),
        };
        assert_eq!(version.state_resolution() == StateResolution::V1, is_v1, "{version}");
        assert_eq!(version.state_resolution() == StateResolution::V2_1, is_v2_1, "{version}");
        let are_ids = rules.events_reference_format == EventsReferenceFormatVersion::V2;
        assert_eq!(version.references_are_ids(), are_ids, "{version}");
        for (ours, theirs, what) in [
            (version.create_event_is_room_id(), auth.room_create_event_id_as_room_id, "room id"),
            (
                version.creators_are_privileged(),
                auth.explicitly_privilege_room_creators,
                "creators",
            ),
            (version.additional_creators(), auth.additional_room_creators, "additional"),
            (version.creator_is_sender(), auth.use_room_create_sender, "creator"),
            (version.knock(), auth.knocking, "knock"),
            (version.restricted(), auth.restricted_join_rule, "restricted"),
            (version.knock_restricted(), auth.knock_restricted_join_rule, "knock_restricted"),
            (version.redacts_in_content(), rules.redaction.content_field_redacts, "redacts"),
            (version.redactions_have_auth_rules(), auth.special_case_room_redaction, "redaction"),
            (version.aliases_have_auth_rules(), auth.special_case_room_aliases, "aliases"),
            (version.notifications_are_limited(), auth.limit_notifications_power_levels, "notify"),
            (version.power_levels_are_integers(), auth.integer_power_levels, "integers"),
            (version.strict_canonical_json(), auth.strict_canonical_json, "canonical"),
            (version.enforces_key_validity(), rules.enforce_key_validity, "keys"),
        ] {
            assert_eq!(ours, theirs, "{what} in {version}");
        }
    }
}
