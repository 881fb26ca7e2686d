//! endpoint.
