//! Phone numbers ([E.164]): from how people write them to digits with their country's code.
//!
//! It knows calling codes, prefixes of calls abroad and trunk prefixes. It does not know which numbers are given to anybody: whether
//! one is, shows when a message to it arrives.
//!
//! [E.164]: https://www.itu.int/rec/T-REC-E.164
use super::ThreepidError;

/// The most digits of a number, its country's code included (E.164 section 6).
const DIGITS_MAX: usize = 15;

/// The fewest: some small islands' numbers.
const DIGITS_MIN: usize = 7;

/// Whether it is a whole number: digits, none of which is a leading zero.
pub(super) fn is_msisdn(digits: &str) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// The digits of a number that somebody in `country` has written.
pub(super) fn normalize(country: &str, number: &str) -> Result<String, ThreepidError> {
    let code = calling_code(country).ok_or(ThreepidError::Country)?;
    let number = number.trim();
    let is_abroad = number.starts_with('+');
    let number = number.strip_prefix('+').unwrap_or(number);
    // `+44 (0)7700 …`: the zero is for those who call from inside.
    let optional_zero = number.contains("(0)");
    let number = number.replace("(0)", "");
    let mut digits = String::with_capacity(number.len());
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '\u{a0}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '(' | ')' => {}
            _ => return Err(ThreepidError::Phone),
        }
    }
    let whole = if is_abroad {
        digits
    } else if let Some(rest) = digits.strip_prefix(abroad_prefix(country)) {
        rest.to_owned()
    } else if optional_zero {
        format!("{code}{digits}")
    } else {
        inland(code, &digits)
    };
    let has_number = whole.len() > code.len();
    if is_msisdn(&whole) && has_number { Ok(whole) } else { Err(ThreepidError::Phone) }
}

/// A number as it is called from inside its country.
fn inland(code: &str, digits: &str) -> String {
    let trunk = trunk_prefix(code);
    // With the code of North America, numbers are called as `1` and ten digits.
    if code.starts_with('1') {
        return match digits.strip_prefix('1') {
            Some(rest) if rest.len() == 10 => format!("1{rest}"),
            _ if digits.len() == 10 => format!("1{digits}"),
            _ => format!("{code}{digits}"),
        };
    }
    if let Some(rest) = digits.strip_prefix(trunk).filter(|_| !trunk.is_empty()) {
        return format!("{code}{rest}");
    }
    // Without a trunk prefix, somebody may have written the code without its plus: then it is as long as a whole number.
    match digits.strip_prefix(code) {
        Some(rest) if !trunk.is_empty() && rest.len() >= 9 => digits.to_owned(),
        _ => format!("{code}{digits}"),
    }
}

/// What comes before a number of another country.
fn abroad_prefix(country: &str) -> &'static str {
    match country.to_ascii_uppercase().as_str() {
        "US" | "CA" | "PR" | "DO" | "JM" | "BS" | "BB" | "TT" | "AG" | "AI" | "AS" | "BM"
        | "DM" | "GD" | "GU" | "KN" | "KY" | "LC" | "MP" | "MS" | "SX" | "TC" | "VC" | "VG"
        | "VI" => "011",
        "AU" => "0011",
        "JP" => "010",
        "RU" | "KZ" | "BY" | "TM" | "TJ" => "810",
        "HK" | "MO" | "SG" | "KH" | "TH" => "001",
        _ => "00",
    }
}

/// What comes before a number inside a country and falls away with the country's code.
fn trunk_prefix(code: &str) -> &'static str {
    match code {
        // Every digit is part of the number.
        "39" | "378" | "379" | "34" | "351" | "45" | "47" | "420" | "372" | "356" | "30"
        | "352" | "354" | "48" | "65" | "852" | "853" | "56" | "57" | "506" | "507" | "502"
        | "503" | "504" | "505" | "509" | "591" | "595" | "598" | "961" | "965" | "968" | "973"
        | "974" | "371" => "",
        "7" => "8",
        "36" => "06",
        "52" => "01",
        _ => "0",
    }
}

/// The calling code of a country.
fn calling_code(country: &str) -> Option<&'static str> {
    let country = country.to_ascii_uppercase();
    CODES
        .iter()
        .find(|(_, countries)| countries.split(' ').any(|one| one == country))
        .map(|(code, _)| *code)
}

/// Calling codes with their countries (ISO 3166-1 alpha-2).
const CODES: &[(&str, &str)] = &[
    ("1", "US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI"),
    ("7", "RU KZ"),
    ("20", "EG"),
    ("27", "ZA"),
    ("30", "GR"),
    ("31", "NL"),
    ("32", "BE"),
    ("33", "FR"),
    ("34", "ES"),
    ("36", "HU"),
    ("39", "IT VA"),
    ("40", "RO"),
    ("41", "CH"),
    ("43", "AT"),
    ("44", "GB GG IM JE"),
    ("45", "DK"),
    ("46", "SE"),
    ("47", "NO SJ BV"),
    ("48", "PL"),
    ("49", "DE"),
    ("51", "PE"),
    ("52", "MX"),
    ("53", "CU"),
    ("54", "AR"),
    ("55", "BR"),
    ("56", "CL"),
    ("57", "CO"),
    ("58", "VE"),
    ("60", "MY"),
    ("61", "AU CX CC"),
    ("62", "ID"),
    ("63", "PH"),
    ("64", "NZ PN"),
    ("65", "SG"),
    ("66", "TH"),
    ("81", "JP"),
    ("82", "KR"),
    ("84", "VN"),
    ("86", "CN"),
    ("90", "TR"),
    ("91", "IN"),
    ("92", "PK"),
    ("93", "AF"),
    ("94", "LK"),
    ("95", "MM"),
    ("98", "IR"),
    ("211", "SS"),
    ("212", "MA EH"),
    ("213", "DZ"),
    ("216", "TN"),
    ("218", "LY"),
    ("220", "GM"),
    ("221", "SN"),
    ("222", "MR"),
    ("223", "ML"),
    ("224", "GN"),
    ("225", "CI"),
    ("226", "BF"),
    ("227", "NE"),
    ("228", "TG"),
    ("229", "BJ"),
    ("230", "MU"),
    ("231", "LR"),
    ("232", "SL"),
    ("233", "GH"),
    ("234", "NG"),
    ("235", "TD"),
    ("236", "CF"),
    ("237", "CM"),
    ("238", "CV"),
    ("239", "ST"),
    ("240", "GQ"),
    ("241", "GA"),
    ("242", "CG"),
    ("243", "CD"),
    ("244", "AO"),
    ("245", "GW"),
    ("246", "IO"),
    ("248", "SC"),
    ("249", "SD"),
    ("250", "RW"),
    ("251", "ET"),
    ("252", "SO"),
    ("253", "DJ"),
    ("254", "KE"),
    ("255", "TZ"),
    ("256", "UG"),
    ("257", "BI"),
    ("258", "MZ"),
    ("260", "ZM"),
    ("261", "MG"),
    ("262", "RE YT TF"),
    ("263", "ZW"),
    ("264", "NA"),
    ("265", "MW"),
    ("266", "LS"),
    ("267", "BW"),
    ("268", "SZ"),
    ("269", "KM"),
    ("290", "SH"),
    ("291", "ER"),
    ("297", "AW"),
    ("298", "FO"),
    ("299", "GL"),
    ("350", "GI"),
    ("351", "PT"),
    ("352", "LU"),
    ("353", "IE"),
    ("354", "IS"),
    ("355", "AL"),
    ("356", "MT"),
    ("357", "CY"),
    ("358", "FI AX"),
    ("359", "BG"),
    ("370", "LT"),
    ("371", "LV"),
    ("372", "EE"),
    ("373", "MD"),
    ("374", "AM"),
    ("375", "BY"),
    ("376", "AD"),
    ("377", "MC"),
    ("378", "SM"),
    ("380", "UA"),
    ("381", "RS"),
    ("382", "ME"),
    ("383", "XK"),
    ("385", "HR"),
    ("386", "SI"),
    ("387", "BA"),
    ("389", "MK"),
    ("420", "CZ"),
    ("421", "SK"),
    ("423", "LI"),
    ("500", "FK GS"),
    ("501", "BZ"),
    ("502", "GT"),
    ("503", "SV"),
    ("504", "HN"),
    ("505", "NI"),
    ("506", "CR"),
    ("507", "PA"),
    ("508", "PM"),
    ("509", "HT"),
    ("590", "GP BL MF"),
    ("591", "BO"),
    ("592", "GY"),
    ("593", "EC"),
    ("594", "GF"),
    ("595", "PY"),
    ("596", "MQ"),
    ("597", "SR"),
    ("598", "UY"),
    ("599", "CW BQ"),
    ("670", "TL"),
    ("672", "AQ NF HM"),
    ("673", "BN"),
    ("674", "NR"),
    ("675", "PG"),
    ("676", "TO"),
    ("677", "SB"),
    ("678", "VU"),
    ("679", "FJ"),
    ("680", "PW"),
    ("681", "WF"),
    ("682", "CK"),
    ("683", "NU"),
    ("685", "WS"),
    ("686", "KI"),
    ("687", "NC"),
    ("688", "TV"),
    ("689", "PF"),
    ("690", "TK"),
    ("691", "FM"),
    ("692", "MH"),
    ("850", "KP"),
    ("852", "HK"),
    ("853", "MO"),
    ("855", "KH"),
    ("856", "LA"),
    ("880", "BD"),
    ("886", "TW"),
    ("960", "MV"),
    ("961", "LB"),
    ("962", "JO"),
    ("963", "SY"),
    ("964", "IQ"),
    ("965", "KW"),
    ("966", "SA"),
    ("967", "YE"),
    ("968", "OM"),
    ("970", "PS"),
    ("971", "AE"),
    ("972", "IL"),
    ("973", "BH"),
    ("974", "QA"),
    ("975", "BT"),
    ("976", "MN"),
    ("977", "NP"),
    ("992", "TJ"),
    ("993", "TM"),
    ("994", "AZ"),
    ("995", "GE"),
    ("996", "KG"),
    ("998", "UZ"),
];
