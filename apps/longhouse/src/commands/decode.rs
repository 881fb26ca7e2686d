//! `longhouse decode-pictures`: a decoder, which a node starts for itself (`media::Decoding`).
//!
//! It does what it is asked on standard input (`pictures::wire`) until nobody asks any more. Before it reads anything, it
//! gives up whatever decoding does not need.
use std::{
    io::{stdin, stdout},
    path::PathBuf,
    time::Duration,
};

use config::Config;
use media::DecoderProgram;
use pictures::wire;

use crate::{failure::Failure, sandbox};

/// What a decoder needs beside the image and its pixels: the program, its stack, the picture that it makes, and what some
/// decoders keep beside the pixels.
const MEMORY_BESIDE: u64 = 256 << 20;

/// An image that takes longer is given up.
const TIME_MAX: Duration = Duration::from_secs(20);

/// One thread needs one arena, and none that looks after it. What was for an image is given back at once: for most of its
/// time a decoder has nothing to do.
const MALLOC_CONF: &str = "background_thread:false,narenas:1,dirty_decay_ms:0";

#[derive(Debug, clap::Args)]
pub(super) struct DecodePictures {
    /// The most memory, in bytes.
    #[arg(long)]
    memory: u64,
}

impl DecodePictures {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (mut input, mut output) = (stdin().lock(), stdout().lock());
        sandbox::enter(self.memory)
            .map_err(|error| Failure::of("cannot give up rights", &error))?;
        wire::serve(&mut input, &mut output)
            .map_err(|error| Failure::of("the node has broken off", &error))
    }
}

/// How a node starts its decoders.
pub(crate) fn program(config: &Config) -> DecoderProgram {
    let memory = config.media.thumbnail_memory_max.0 + wire::CONTENT_BYTES_MAX + MEMORY_BESIDE;
    DecoderProgram {
        path: own_path(),
        arguments: vec!["decode-pictures".into(), "--memory".into(), memory.to_string().into()],
        environment: vec![("MALLOC_CONF".into(), MALLOC_CONF.into())],
        time_max: TIME_MAX,
    }
}

/// This program, also when another version has taken its place on disk.
fn own_path() -> PathBuf {
    if cfg!(target_os = "linux") {
        return PathBuf::from("/proc/self/exe");
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("longhouse"))
}
