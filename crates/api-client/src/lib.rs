//! api-client.
