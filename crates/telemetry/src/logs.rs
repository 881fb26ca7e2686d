//! Log lines on the standard error stream: text for people, JSON for collectors.
use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    fmt::{self, MakeWriter, format::FmtSpan},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line of text, with a time.
    Text,
    /// One line of text without a time: systemd's journal stamps it.
    Journal,
    /// One JSON object.
    Json,
}

impl Format {
    /// The form that suits where the standard error stream goes.
    ///
    /// `journal_stream` is the value of `$JOURNAL_STREAM`, which systemd sets for services whose
    /// output it collects (systemd.exec(5)).
    #[must_use]
    pub fn suited(journal_stream: Option<&str>) -> Self {
        if journal_stream.is_some_and(|stream| !stream.is_empty()) && !io::stderr().is_terminal() {
            Self::Journal
        } else {
            Self::Text
        }
    }
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter is not one.
    #[error("expected a level such as `info`, or levels by module: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The process logs already.
    #[error("logging has begun already")]
    Begun(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends the process's log lines that pass `filter` to the standard error stream.
///
/// # Errors
/// If `filter` cannot be parsed, or if this was called before.
pub fn begin(format: Format, filter: &str) -> Result<(), Error> {
    let colors = format == Format::Text && io::stderr().is_terminal();
    Registry::default().with(layer(format, colors, filter, io::stderr)?).try_init()?;
    Ok(())
}

/// Checks a filter without using it.
///
/// # Errors
/// If `filter` cannot be parsed.
pub fn check_filter(filter: &str) -> Result<(), Error> {
    EnvFilter::builder().parse(filter).map(|_| ()).map_err(Error::from)
}

fn layer<S, W>(
    format: Format,
    colors: bool,
    filter: &str,
    writer: W,
) -> Result<Box<dyn Layer<S> + Send + Sync>, Error>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter)?;
    let lines = fmt::layer().with_writer(writer).with_ansi(colors).with_span_events(FmtSpan::NONE);
    Ok(match format {
        Format::Text => lines.with_filter(filter).boxed(),
        Format::Journal => lines.without_time().with_filter(filter).boxed(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_filter(filter)
            .boxed(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: Format, filter: &str, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let sink = lines.clone();
        let layer = layer(format, false, filter, move || sink.clone()).unwrap();
        tracing::subscriber::with_default(Registry::default().with(layer), log);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn request() {
        let span = tracing::info_span!("request", request.id = "r1");
        let _inside = span.enter();
        tracing::info!(duration_ms = 3, "answered");
        tracing::debug!("too much");
    }

    #[test]
    fn json_lines_carry_the_request_id() {
        let text = written(Format::Json, "info", request);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "answered");
        assert_eq!(line["duration_ms"], 3);
        assert_eq!(line["span"]["request.id"], "r1");
    }

    #[test]
    fn journal_lines_have_no_time() {
        let text = written(Format::Journal, "info", request);
        assert!(text.trim_start().starts_with("INFO request{request.id=\"r1\"}"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn filters_are_checked() {
        assert!(check_filter("info,rooms=debug").is_ok());
        assert!(check_filter("rooms=loud").is_err());
    }
}
