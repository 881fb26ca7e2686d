//! Pages for people who have followed a link.
use axum::response::{IntoResponse as _, Response};
use html_escape::encode_safe;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS},
};

/// Nothing is loaded or run, and no other page may show it in a frame (A15 of the faults seen in the field).
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// A page with a title and a body, which is HTML already.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = encode_safe(title);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>\
         body{{margin:0;padding:24px;background:#f4f5f7;color:#17191c;font:16px/1.5 sans-serif}}\
         main{{max-width:480px;margin:10vh auto;padding:24px;background:#fff;border-radius:8px}}\
         button,a.button{{display:inline-block;padding:10px 20px;border:0;border-radius:6px;background:#0b6e4f;\
         color:#fff;font:inherit;text-decoration:none;cursor:pointer}}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, "text/html; charset=utf-8");
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_FRAME_OPTIONS, "DENY");
    // The address of the page has the token in it.
    set(REFERRER_POLICY, "no-referrer");
    response
}
