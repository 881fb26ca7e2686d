//! Numbers for Prometheus, in its text format (version 0.0.4).
use std::time::Duration;

use metrics::SetRecorderError;
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use metrics_process::Collector;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bounds of duration buckets, in seconds: from a cached answer to a long poll.
const DURATION_BUCKETS_SECONDS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// How often [`Metrics::upkeep`] wants to be called.
pub const UPKEEP_PERIOD: Duration = Duration::from_secs(5);

/// The recorder's contents. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    recorder: PrometheusHandle,
    process: Collector,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Why metrics could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The recorder refused its buckets.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The process records already.
    #[error("metrics have begun already")]
    Begun(#[from] SetRecorderError<PrometheusRecorder>),
}

impl Metrics {
    /// Makes the process's recorder. `version` is reported as `longhouse_build_info{version=…}`.
    ///
    /// # Errors
    /// If this was called before in this process.
    pub fn begin(version: &'static str) -> Result<Self, Error> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(
                Matcher::Suffix("_duration_seconds".to_owned()),
                &DURATION_BUCKETS_SECONDS,
            )?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)?;
        let process = Collector::default();
        process.describe();
        metrics::describe_gauge!("longhouse_build_info", "The version that is running.");
        metrics::gauge!("longhouse_build_info", "version" => version).set(1.0);
        Ok(Self { recorder: handle, process })
    }

    /// Everything that was recorded, and the process's CPU time, memory, open files and start time
    /// as they are now.
    #[must_use]
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorder.render()
    }

    /// Folds samples into histograms; without it they pile up until somebody asks for them.
    pub fn upkeep(&self) {
        self.recorder.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_counters_histograms_and_the_process() {
        let all = Metrics::begin("1.2.3").unwrap();
        metrics::counter!("longhouse_http_requests_total", "code" => "200").increment(2);
        metrics::histogram!("longhouse_http_request_duration_seconds").record(0.002);
        all.upkeep();
        let text = all.render();
        for line in [
            "longhouse_build_info{version=\"1.2.3\"} 1",
            "longhouse_http_requests_total{code=\"200\"} 2",
            "longhouse_http_request_duration_seconds_bucket{le=\"0.0025\"} 1",
            "process_resident_memory_bytes ",
            "process_cpu_seconds_total ",
            "process_open_fds ",
            "process_start_time_seconds ",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(Metrics::begin("again").is_err());
    }
}
