//! The error codes of the client-server API, each with the status that it goes out with.
use http::StatusCode;

use super::Kind;

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $status:ident $code:literal),+ $(,)?) => {
        $($(#[$doc])+ pub const $name: Kind = Kind(StatusCode::$status, $code);)+
    };
}

kinds! {
    /// The access is not allowed.
    FORBIDDEN = FORBIDDEN "M_FORBIDDEN",
    /// The user does not want such invites.
    INVITE_BLOCKED = FORBIDDEN "M_INVITE_BLOCKED",
    /// The access token is not known, or no longer.
    UNKNOWN_TOKEN = UNAUTHORIZED "M_UNKNOWN_TOKEN",
    /// There is no access token.
    MISSING_TOKEN = UNAUTHORIZED "M_MISSING_TOKEN",
    /// The account cannot do anything but log out.
    USER_LOCKED = UNAUTHORIZED "M_USER_LOCKED",
    /// The account can read but not act.
    USER_SUSPENDED = FORBIDDEN "M_USER_SUSPENDED",
    /// The user has not agreed to the server's terms. Synapse's code, which clients know; `consent_uri` says where to agree.
    CONSENT_NOT_GIVEN = FORBIDDEN "M_CONSENT_NOT_GIVEN",
    /// The account has ended until its user renews it. Synapse's code, which clients know.
    ACCOUNT_EXPIRED = FORBIDDEN "ORG_MATRIX_EXPIRED_ACCOUNT",
    /// The account exists no more.
    USER_DEACTIVATED = FORBIDDEN "M_USER_DEACTIVATED",
    /// The body is JSON, but not what this endpoint reads.
    BAD_JSON = BAD_REQUEST "M_BAD_JSON",
    /// The server alone sets this; clients have another endpoint for it.
    SERVER_CONTROLLED = METHOD_NOT_ALLOWED "M_BAD_JSON",
    /// The profile would become too large.
    PROFILE_TOO_LARGE = BAD_REQUEST "M_PROFILE_TOO_LARGE",
    /// The name of a profile field is too long.
    KEY_TOO_LARGE = BAD_REQUEST "M_KEY_TOO_LARGE",
    /// The body is not JSON.
    NOT_JSON = BAD_REQUEST "M_NOT_JSON",
    /// The user whom an application service acts as has no such device.
    UNKNOWN_DEVICE = BAD_REQUEST "M_UNKNOWN_DEVICE",
    /// There is no such thing.
    NOT_FOUND = NOT_FOUND "M_NOT_FOUND",
    /// Too many requests; made by [`Failure::rate_limited`](crate::Failure::rate_limited).
    LIMIT_EXCEEDED = TOO_MANY_REQUESTS "M_LIMIT_EXCEEDED",
    /// There is no such endpoint.
    UNRECOGNIZED = NOT_FOUND "M_UNRECOGNIZED",
    /// The endpoint has no such method.
    WRONG_METHOD = METHOD_NOT_ALLOWED "M_UNRECOGNIZED",
    /// The endpoint does not do this.
    UNSUPPORTED = BAD_REQUEST "M_UNRECOGNIZED",
    /// Refused for a reason without a code of its own.
    UNKNOWN = BAD_REQUEST "M_UNKNOWN",
    /// A conflict without a code of its own.
    CONFLICT = CONFLICT "M_UNKNOWN",
    /// Credentials were wrong or not enough.
    UNAUTHORIZED = UNAUTHORIZED "M_UNAUTHORIZED",
    /// The user name is taken.
    USER_IN_USE = BAD_REQUEST "M_USER_IN_USE",
    /// The user name is not valid.
    INVALID_USERNAME = BAD_REQUEST "M_INVALID_USERNAME",
    /// Somebody else has written meanwhile.
    CONCURRENT_WRITE = CONFLICT "M_CONCURRENT_WRITE",
    /// Somebody else has written meanwhile, where a header says what the writer has seen.
    WRITTEN_MEANWHILE = PRECONDITION_FAILED "M_CONCURRENT_WRITE",
    /// The alias is taken.
    ROOM_IN_USE = BAD_REQUEST "M_ROOM_IN_USE",
    /// The alias is taken, where the specification wants status 409.
    ALIAS_IN_USE = CONFLICT "M_UNKNOWN",
    /// The initial state of a room is not valid.
    INVALID_ROOM_STATE = BAD_REQUEST "M_INVALID_ROOM_STATE",
    /// The server does not know the version of the room.
    UNSUPPORTED_ROOM_VERSION = BAD_REQUEST "M_UNSUPPORTED_ROOM_VERSION",
    /// The client does not know the version of the room.
    INCOMPATIBLE_ROOM_VERSION = BAD_REQUEST "M_INCOMPATIBLE_ROOM_VERSION",
    /// A change of state is not possible.
    BAD_STATE = BAD_REQUEST "M_BAD_STATE",
    /// Guests cannot.
    GUEST_ACCESS_FORBIDDEN = FORBIDDEN "M_GUEST_ACCESS_FORBIDDEN",
    /// A captcha is needed.
    CAPTCHA_NEEDED = UNAUTHORIZED "M_CAPTCHA_NEEDED",
    /// The captcha is wrong.
    CAPTCHA_INVALID = UNAUTHORIZED "M_CAPTCHA_INVALID",
    /// A parameter that is needed is not there.
    MISSING_PARAM = BAD_REQUEST "M_MISSING_PARAM",
    /// A parameter has a wrong value.
    INVALID_PARAM = BAD_REQUEST "M_INVALID_PARAM",
    /// The request or event is too large.
    TOO_LARGE = PAYLOAD_TOO_LARGE "M_TOO_LARGE",
    /// The application service has not reserved this name.
    EXCLUSIVE = BAD_REQUEST "M_EXCLUSIVE",
    /// A resource of the server is used up.
    RESOURCE_LIMIT_EXCEEDED = BAD_REQUEST "M_RESOURCE_LIMIT_EXCEEDED",
    /// The server notices room cannot be left.
    CANNOT_LEAVE_SERVER_NOTICE_ROOM = FORBIDDEN "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM",
    /// The address of another kind is not known, or is not the user's.
    THREEPID_NOT_FOUND = BAD_REQUEST "M_THREEPID_NOT_FOUND",
    /// The address of another kind is somebody's already.
    THREEPID_IN_USE = BAD_REQUEST "M_THREEPID_IN_USE",
    /// It is not proven that the address of another kind is the user's.
    THREEPID_AUTH_FAILED = FORBIDDEN "M_THREEPID_AUTH_FAILED",
    /// The server does not allow the address of another kind.
    THREEPID_DENIED = FORBIDDEN "M_THREEPID_DENIED",
    /// The server has no addresses of this kind.
    THREEPID_MEDIUM_NOT_SUPPORTED = BAD_REQUEST "M_THREEPID_MEDIUM_NOT_SUPPORTED",
    /// The server does not ask this other server.
    SERVER_NOT_TRUSTED = BAD_REQUEST "M_SERVER_NOT_TRUSTED",
    /// There is no such session in which an address is proven.
    NO_VALID_SESSION = BAD_REQUEST "M_NO_VALID_SESSION",
    /// The session in which an address is proven has ended.
    SESSION_EXPIRED = BAD_REQUEST "M_SESSION_EXPIRED",
    /// What was sent to an address is something else.
    TOKEN_INCORRECT = BAD_REQUEST "M_TOKEN_INCORRECT",
    /// The password is too weak.
    WEAK_PASSWORD = BAD_REQUEST "M_WEAK_PASSWORD",
    /// This server does not let users do so.
    NOT_ALLOWED_HERE = FORBIDDEN "M_FORBIDDEN",
    /// The backup version that was written to is not the current one.
    WRONG_ROOM_KEYS_VERSION = FORBIDDEN "M_WRONG_ROOM_KEYS_VERSION",
    /// A signature does not fit.
    INVALID_SIGNATURE = BAD_REQUEST "M_INVALID_SIGNATURE",
    /// An event that is related to is related to that way already.
    DUPLICATE_ANNOTATION = BAD_REQUEST "M_DUPLICATE_ANNOTATION",
    /// The position of a sliding sync is not known any more.
    UNKNOWN_POS = BAD_REQUEST "M_UNKNOWN_POS",
    /// A restricted room can be joined only through another server.
    UNABLE_TO_AUTHORIZE_JOIN = BAD_REQUEST "M_UNABLE_TO_AUTHORISE_JOIN",
    /// A restricted room's allowed rooms are not known here.
    UNABLE_TO_GRANT_JOIN = BAD_REQUEST "M_UNABLE_TO_GRANT_JOIN",
    /// The alias given as canonical does not point to the room, or is not valid.
    BAD_ALIAS = BAD_REQUEST "M_BAD_ALIAS",
    /// The medium was announced but has not been uploaded yet.
    NOT_YET_UPLOADED = GATEWAY_TIMEOUT "M_NOT_YET_UPLOADED",
    /// The application service has no URL.
    URL_NOT_SET = BAD_REQUEST "M_URL_NOT_SET",
    /// The application service has answered with another status than 2xx.
    BAD_STATUS = BAD_GATEWAY "M_BAD_STATUS",
    /// The application service cannot be reached.
    CONNECTION_FAILED = BAD_GATEWAY "M_CONNECTION_FAILED",
    /// The application service has not answered in time.
    CONNECTION_TIMEOUT = GATEWAY_TIMEOUT "M_CONNECTION_TIMEOUT",
    /// The medium has been uploaded already.
    CANNOT_OVERWRITE_MEDIA = CONFLICT "M_CANNOT_OVERWRITE_MEDIA",
    /// The page that a preview was asked of did not answer.
    NO_PREVIEW = BAD_GATEWAY "M_UNKNOWN",
    /// The event is not in the thread (MSC4306).
    NOT_IN_THREAD = BAD_REQUEST "IO.ELEMENT.MSC4306.M_NOT_IN_THREAD",
    /// The user has unsubscribed from the thread since (MSC4306).
    CONFLICTING_UNSUBSCRIPTION = CONFLICT "IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION",
    /// We broke. The client reads a fixed text; the log has the reason.
    INTERNAL = INTERNAL_SERVER_ERROR "M_UNKNOWN",
    /// We cannot serve now.
    UNAVAILABLE = SERVICE_UNAVAILABLE "M_UNKNOWN",
    /// There is no space left on the server.
    STORAGE_FULL = INSUFFICIENT_STORAGE "M_UNKNOWN",
}
