//! Where a bucket is, and how we get in.
use std::{fmt, fs, path::PathBuf, time::Duration};

use object_store::{
    BackoffConfig, Certificate, ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
};

use super::BucketError;

/// How long it may take until the store takes a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a request may stand still: a part of an upload, or the time to the next piece of a download.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How often a request is repeated, and for how long: a client waits for it.
const RETRIES_MAX: usize = 3;
const RETRY_TIME_MAX: Duration = Duration::from_secs(15);

/// Where a bucket is, and how we get in.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// Its name.
    pub bucket: String,
    /// The URL of the store; Amazon's of the region without it.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// What all keys begin with, without a slash at its end; may be empty.
    pub prefix: String,
    /// Whether the bucket's name is part of the path (most stores) or of the host (Amazon).
    pub is_in_path: bool,
    /// How we get in; as Amazon's tools do without it: environment, web identity, container, machine.
    pub credentials: Option<Credentials>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// A key and its secret.
#[derive(Clone)]
pub struct Credentials {
    /// The key's name.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl BucketSettings {
    pub(super) fn build(&self) -> Result<AmazonS3, BucketError> {
        let mut builder = match &self.credentials {
            Some(credentials) => AmazonS3Builder::new()
                .with_access_key_id(&credentials.access_key_id)
                .with_secret_access_key(&credentials.secret_access_key),
            // Web identities and containers are told through the environment.
            None => AmazonS3Builder::from_env(),
        };
        builder = builder
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_retry(retries())
            .with_client_options(self.client()?)
            .with_virtual_hosted_style_request(!self.is_in_path);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(self.endpoint_of_bucket(endpoint));
        }
        builder.build().map_err(|error| BucketError::Settings(error.to_string()))
    }

    /// Where the name is part of the host, the builder wants to be told the whole host.
    pub(super) fn endpoint_of_bucket(&self, endpoint: &str) -> String {
        let endpoint = endpoint.trim_end_matches('/');
        match endpoint.split_once("://") {
            Some((scheme, host)) if !self.is_in_path => {
                format!("{scheme}://{}.{host}", self.bucket)
            }
            _ => endpoint.to_owned(),
        }
    }

    fn client(&self) -> Result<ClientOptions, BucketError> {
        let is_plain = self.endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
        let mut client = ClientOptions::new()
            .with_allow_http(is_plain)
            .with_connect_timeout(CONNECT_TIME_MAX)
            .with_read_timeout(SILENCE_MAX)
            // In all, a download takes as long as its reader does.
            .with_timeout_disabled();
        if let Some(path) = &self.ca_file {
            let wrong = |why: String| BucketError::Certificates { path: path.clone(), why };
            let file = fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let all = Certificate::from_pem_bundle(&file);
            let all = all.map_err(|error| wrong(error.to_string()))?;
            if all.is_empty() {
                return Err(wrong("there are none".to_owned()));
            }
            client = all.into_iter().fold(client, ClientOptions::with_root_certificate);
        }
        Ok(client)
    }
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 3.0,
        },
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_TIME_MAX,
    }
}
