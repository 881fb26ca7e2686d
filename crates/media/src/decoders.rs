//! Decoders: what looks at images that strangers sent, each in a process of its own.
//!
//! A decoder that dies or hangs takes one image with it. It is started without the server's environment and files, restricts
//! itself before it reads anything (see the program's command for it), and is killed when it takes too long.
use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use pictures::{
    DecodeError, Encoded, Job, Limits,
    wire::{ANSWER_BYTES, Answer, CONTENT_BYTES_MAX, Request},
};
use tokio::sync::Semaphore;

/// The most requests that wait for a decoder.
const WAITING_MAX: usize = 256;

/// How images are decoded.
#[derive(Clone, Debug)]
pub enum Decoding {
    /// By processes that this starts.
    Processes(DecoderProgram),
    /// In this process: for tests.
    Here,
}

/// How a decoder is started. It speaks [`pictures::wire`] on its standard input and output.
#[derive(Clone, Debug)]
pub struct DecoderProgram {
    /// The program.
    pub path: PathBuf,
    /// What it is told.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// An image that takes longer is given up.
    pub time_max: Duration,
}

/// Why nothing was decoded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// Too many images wait.
    #[error("too many images wait for a decoder")]
    Busy,
    /// No decoder could be started.
    #[error("no decoder can be started: {0}")]
    NoDecoder(#[from] io::Error),
}

/// The decoders.
pub(crate) struct Decoders {
    pool: Arc<Pool>,
    /// As many as there may be at the same time.
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

struct Pool {
    decoding: Decoding,
    idle: Mutex<Vec<Worker>>,
}

impl Decoders {
    pub(crate) fn new(decoding: Decoding, count: usize) -> Self {
        Self {
            pool: Arc::new(Pool { decoding, idle: Mutex::default() }),
            permits: Arc::new(Semaphore::new(count.max(1))),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Lets a decoder do a job on the file that `open` gives, when it is this request's turn.
    pub(crate) async fn run<E: From<Failed>>(
        &self,
        job: Job,
        limits: Limits,
        open: impl Future<Output = Result<(File, u64), E>>,
    ) -> Result<Result<Encoded, DecodeError>, E> {
        let _place = WaitingPlace::take(&self.waiting).ok_or(Failed::Busy)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Failed::Busy)?;
        let (file, bytes) = open.await?;
        if bytes > CONTENT_BYTES_MAX {
            return Ok(Err(DecodeError::TooLarge));
        }
        let request = Request { job, limits, content_bytes: bytes };
        let pool = Arc::clone(&self.pool);
        // The permit travels with the work: a client that hangs up does not make room before the decoder is done.
        let work = tokio::spawn(async move {
            let _permit = permit;
            pool.run(file, request).await
        });
        let done = work.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "an image made its decoder panic");
            Ok(Err(DecodeError::Unsupported))
        });
        Ok(done.map_err(Failed::from)?)
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.permits.available_permits()
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

impl Pool {
    async fn run(
        self: Arc<Self>,
        mut file: File,
        request: Request,
    ) -> io::Result<Result<Encoded, DecodeError>> {
        let program = match &self.decoding {
            Decoding::Processes(program) => program.clone(),
            Decoding::Here => {
                let work = tokio::task::spawn_blocking(move || {
                    let mut content = Vec::new();
                    file.read_to_end(&mut content)?;
                    Ok(request.job.run(&content, request.limits))
                });
                return work.await.map_err(io::Error::other)?;
            }
        };
        let (pool, time_max) = (Arc::clone(&self), program.time_max);
        let worker = tokio::task::spawn_blocking(move || pool.take_or_start(&program)).await;
        let worker = worker.map_err(io::Error::other)??;
        let child = Arc::clone(&worker.child);
        let mut work = tokio::task::spawn_blocking(move || self.ask(worker, file, &request));
        let answered = tokio::time::timeout(time_max, &mut work).await;
        let answered = if let Ok(answered) = answered {
            answered
        } else {
            tracing::warn!(?time_max, "an image takes its decoder too long");
            child.kill();
            work.await
        };
        answered.map_err(io::Error::other)
    }

    /// A decoder that has nothing to do. Blocks.
    fn take_or_start(&self, program: &DecoderProgram) -> io::Result<Worker> {
        loop {
            let idle = self.idle.lock().pop();
            match idle {
                // Somebody may have ended it meanwhile.
                Some(worker) if worker.child.has_ended() => {}
                Some(worker) => return Ok(worker),
                None => return Worker::start(program),
            }
        }
    }

    /// Blocks until the decoder has answered, or has died.
    fn ask(
        &self,
        mut worker: Worker,
        file: File,
        request: &Request,
    ) -> Result<Encoded, DecodeError> {
        match worker.ask(file, request) {
            Ok((result, is_last)) => {
                if !is_last {
                    self.idle.lock().push(worker);
                }
                result
            }
            Err(error) => {
                // The image is to blame, and the next one gets a new decoder.
                tracing::warn!(%error, job = ?request.job, "an image made its decoder die");
                Err(DecodeError::Unsupported)
            }
        }
    }
}

/// A decoder. Dropped, it is killed.
struct Worker {
    child: Arc<Process>,
    input: ChildStdin,
    output: ChildStdout,
}

struct Process(Mutex<Child>);

impl Process {
    fn kill(&self) {
        // One that has ended already can't be killed.
        drop(self.0.lock().kill());
    }

    fn has_ended(&self) -> bool {
        !matches!(self.0.lock().try_wait(), Ok(None))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.child.kill();
        // Killed, it ends at once; unless it is waited for, its entry in the table of processes stays.
        drop(self.child.0.lock().wait());
    }
}

impl Worker {
    fn start(program: &DecoderProgram) -> io::Result<Self> {
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| io::Error::other("a process without pipes"))?;
        Ok(Self { child: Arc::new(Process(Mutex::new(child))), input, output })
    }

    fn ask(
        &mut self,
        mut file: File,
        request: &Request,
    ) -> io::Result<(Result<Encoded, DecodeError>, bool)> {
        self.input.write_all(&request.to_bytes())?;
        if io::copy(&mut file, &mut self.input)? != request.content_bytes {
            return Err(io::Error::other("the image has another length than it had"));
        }
        let mut head = [0; ANSWER_BYTES];
        self.output.read_exact(&mut head)?;
        let senseless = || io::Error::other("the answer makes no sense");
        let answer = Answer::from_bytes(head).ok_or_else(senseless)?;
        let result = match answer.made {
            Ok((content_type, length)) => {
                let mut bytes = vec![0; length];
                self.output.read_exact(&mut bytes)?;
                Ok(Encoded { content_type, bytes })
            }
            Err(error) => Err(error),
        };
        Ok((result, answer.is_last))
    }
}

/// A place in the queue for a decoder, given back when dropped.
struct WaitingPlace<'a>(&'a AtomicUsize);

impl<'a> WaitingPlace<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < WAITING_MAX).then_some(place)
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
