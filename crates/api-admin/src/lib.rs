//! api-admin.
