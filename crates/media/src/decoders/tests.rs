//! With programs that are no decoders.
use std::time::Instant;

use pictures::{Method, Size};

use super::*;

const LIMITS: Limits = Limits { pixels_max: 1_000_000, bytes_max: 16 << 20 };
const JOB: Job =
    Job::Thumbnail { size: Size { width: 32, height: 32, method: Method::Crop }, animated: false };

/// Decoders that are this script.
fn decoders(script: &str) -> Decoders {
    let program = DecoderProgram {
        path: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("ONLY".into(), "this".into())],
        time_max: Duration::from_millis(500),
    };
    Decoders::new(Decoding::Processes(program), 2)
}

async fn run(decoders: &Decoders, content: &[u8]) -> Result<Result<Encoded, DecodeError>, Failed> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    io::Seek::rewind(&mut file).unwrap();
    let bytes = content.len() as u64;
    decoders.run(JOB, LIMITS, async move { Ok((file, bytes)) }).await
}

#[tokio::test]
async fn a_decoder_is_used_again() {
    // Reads the request and the image of five bytes, and answers with a text of two.
    let script = "n=0; while head -c 39 >/dev/null; do n=$((n+1)); printf '\\3\\2\\0\\0\\0'; printf \"$n.\"; done";
    let decoders = decoders(script);
    for n in 1..=3 {
        let made = run(&decoders, b"image").await.unwrap().unwrap();
        assert_eq!((made.content_type, made.bytes), ("text/plain", format!("{n}.").into_bytes()));
    }
    assert_eq!(decoders.pool.idle.lock().len(), 1);
    assert_eq!((decoders.free(), decoders.waiting()), (2, 0));
}

/// S4: one image is refused, and everything else goes on.
#[tokio::test]
async fn a_decoder_that_dies_hangs_or_lies_costs_one_image() {
    for script in [
        "exit 1",
        "head -c 39 >/dev/null; kill -9 $$",
        "head -c 39 >/dev/null; exec sleep 100",
        "exec sleep 100",
        "exec cat >/dev/null",
        // A length over the limit, a type that does not exist, an answer that is cut off.
        "head -c 39 >/dev/null; printf '\\0\\377\\377\\377\\377'; exec cat /dev/zero",
        "head -c 39 >/dev/null; printf '\\11\\0\\0\\0\\0'",
        "head -c 39 >/dev/null; printf '\\0\\5\\0\\0\\0abc'",
        "head -c 39 >/dev/null; printf '\\100\\0'",
    ] {
        let (decoders, begun) = (decoders(script), Instant::now());
        for _ in 0..2 {
            let refused = run(&decoders, b"image").await.unwrap();
            assert_eq!(refused, Err(DecodeError::Unsupported), "{script}");
        }
        assert!(begun.elapsed().as_secs() < 20, "{script}");
        assert_eq!(decoders.pool.idle.lock().len(), 0, "{script}");
        assert_eq!((decoders.free(), decoders.waiting()), (2, 0));
    }
}

#[tokio::test]
async fn a_decoder_that_has_ended_meanwhile_is_replaced() {
    let decoders = decoders("head -c 39 >/dev/null; printf '\\3\\2\\0\\0\\0ok'");
    for _ in 0..3 {
        assert!(run(&decoders, b"image").await.unwrap().is_ok());
        let ended = || decoders.pool.idle.lock().iter().all(|worker| worker.child.has_ended());
        while !ended() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let last =
        self::decoders("head -c 39 >/dev/null; printf '\\203\\2\\0\\0\\0ok'; exec sleep 100");
    assert!(run(&last, b"image").await.unwrap().is_ok());
    assert_eq!(last.pool.idle.lock().len(), 0, "it has said that it is its last answer");
}

/// Counts the open files of a program.
const COUNT: &str = "ls /proc/self/fd | wc -l";

#[tokio::test]
async fn a_decoder_knows_nothing_of_the_server() {
    let _open = File::open("/dev/null").unwrap();
    let plain = Command::new("/bin/sh").args(["-c", COUNT]).stdin(Stdio::null()).output().unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    let script = format!(
        "head -c 39 >/dev/null; o=$({COUNT}); e=$(env | cut -d= -f1 | sort | tr '\\n' ' '); \
         printf '\\3\\40\\0\\0\\0'; printf '%-32.32s' \"$o $e\""
    );
    let made = run(&decoders(&script), b"image").await.unwrap().unwrap();
    let made = String::from_utf8(made.bytes).unwrap();
    let mut words = made.split_whitespace();
    assert_eq!(words.next(), Some(plain.trim()), "no file more than any program gets");
    // The shell makes some itself.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let told: Vec<_> = words.filter(|name| !own.contains(name)).collect();
    assert_eq!(told, ["ONLY"]);
}

#[tokio::test]
async fn what_is_too_large_is_not_sent_and_without_a_program_there_is_an_error() {
    let decoders = decoders("exit 1");
    let open = async { Ok::<_, Failed>((tempfile::tempfile().unwrap(), CONTENT_BYTES_MAX + 1)) };
    let refused = decoders.run(JOB, LIMITS, open).await.unwrap();
    assert_eq!(refused, Err(DecodeError::TooLarge));
    let program = DecoderProgram {
        path: "/nowhere".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        time_max: Duration::from_secs(1),
    };
    let decoders = Decoders::new(Decoding::Processes(program), 1);
    let failed = run(&decoders, b"image").await;
    assert!(matches!(failed, Err(Failed::NoDecoder(_))), "{failed:?}");
    assert_eq!(decoders.free(), 1);
}
