//! The decoder that a node starts for itself.
use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
};

use image::{DynamicImage, ImageFormat, RgbaImage};
use pictures::{
    Job, Limits, Method, Size,
    testing::{encoded, red_and_blue},
    wire::{ANSWER_BYTES, Answer, Request},
};

const SIZE: Size = Size { width: 96, height: 96, method: Method::Crop };
const JOB: Job = Job::Thumbnail { size: SIZE, animated: false };

fn start(memory: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_longhouse"))
        .args(["decode-pictures", "--memory", &memory.to_string()])
        .env_clear()
        .env("MALLOC_CONF", "background_thread:false,narenas:1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the decoder makes of it; `None` if it dies.
fn ask(decoder: &mut Child, content: &[u8]) -> Option<Answer> {
    let limits = Limits { pixels_max: 100_000_000, bytes_max: 4 << 30 };
    let request = Request { job: JOB, limits, content_bytes: content.len() as u64 };
    let input = decoder.stdin.as_mut().unwrap();
    input.write_all(&request.to_bytes()).ok()?;
    input.write_all(content).ok()?;
    let output = decoder.stdout.as_mut().unwrap();
    let mut head = [0; ANSWER_BYTES];
    output.read_exact(&mut head).ok()?;
    let answer = Answer::from_bytes(head).unwrap();
    if let Ok((_, length)) = answer.made {
        let mut made = vec![0; length];
        output.read_exact(&mut made).unwrap();
        assert_eq!(image::load_from_memory(&made).unwrap().width(), 96);
    }
    Some(answer)
}

/// S4.
#[test]
fn a_decoder_has_its_streams_and_nothing_else() {
    let mut decoder = start(512 << 20);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let answer = ask(&mut decoder, &encoded(&red_and_blue(640, 480), format)).unwrap();
        assert_eq!(answer.made.unwrap().0, "image/jpeg", "{format:?}");
    }
    assert!(ask(&mut decoder, b"no image").unwrap().made.is_err());
    let process = decoder.id();
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    for expected in ["Seccomp:\t2", "NoNewPrivs:\t1", "Threads:\t1"] {
        assert!(status.contains(expected), "{expected}: {status}");
    }
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line.trim_start_matches(name).split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max open files"), "3");
    assert_eq!(limit("Max address space"), (512_u64 << 20).to_string());
    assert_eq!(limit("Max cpu time"), "60");
    assert_eq!(limit("Max core file size"), "0");
    drop(decoder.stdin.take());
    assert!(decoder.wait().unwrap().success(), "it ends when nobody asks any more");
}

/// S5: whatever the limits of the decoders do not see, the system does.
#[test]
fn a_decoder_that_takes_too_much_memory_dies() {
    let large = RgbaImage::new(7_000, 7_000);
    let bomb = encoded(&DynamicImage::ImageRgba8(large), ImageFormat::Png);
    let mut decoder = start(320 << 20);
    assert_eq!(ask(&mut decoder, &bomb), None);
    assert!(!decoder.wait().unwrap().success());
    let mut decoder = start(1 << 30);
    assert!(ask(&mut decoder, &bomb).unwrap().made.is_ok());
    drop(decoder.stdin.take());
    assert!(decoder.wait().unwrap().success());
}
