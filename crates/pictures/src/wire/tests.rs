use image::ImageFormat;
use proptest::prelude::*;

use super::*;
use crate::testing::{encoded, red_and_blue};

const LIMITS: Limits = Limits { pixels_max: 1_000_000, bytes_max: 16 << 20 };
const SMALL: Size = Size { width: 32, height: 32, method: Method::Crop };

fn request(job: Job, content: &[u8]) -> Vec<u8> {
    let request = Request { job, limits: LIMITS, content_bytes: content.len() as u64 };
    [&request.to_bytes(), content].concat()
}

#[test]
fn one_job_after_the_other_is_done() {
    let image = encoded(&red_and_blue(300, 200), ImageFormat::Png);
    let thumbnail = Job::Thumbnail { size: SMALL, animated: false };
    let asked = [
        request(thumbnail, &image),
        request(thumbnail, b"no image"),
        request(thumbnail, &encoded(&red_and_blue(1_001, 1_000), ImageFormat::Png)),
        request(Job::BlurHash, &image),
        request(thumbnail, b""),
    ];
    let mut answers = Vec::new();
    serve(&mut asked.concat().as_slice(), &mut answers).unwrap();
    let mut rest = answers.as_slice();
    let mut next = || {
        let (head, more) = rest.split_first_chunk().unwrap();
        let answer = Answer::from_bytes(*head).unwrap();
        assert!(!answer.is_last);
        let (content_type, length) = answer.made.unwrap_or_default();
        let (made, more) = more.split_at(length);
        rest = more;
        (answer.made.err(), content_type, made)
    };
    let (error, content_type, made) = next();
    assert_eq!((error, content_type), (None, "image/jpeg"));
    assert_eq!(image::load_from_memory(made).unwrap().width(), 32);
    assert_eq!(next().0, Some(DecodeError::Unsupported));
    assert_eq!(next().0, Some(DecodeError::TooLarge));
    let (error, content_type, made) = next();
    assert_eq!((error, content_type), (None, "text/plain"));
    assert!((20..40).contains(&made.len()));
    assert_eq!(next().0, Some(DecodeError::Unsupported));
    assert!(rest.is_empty());
}

#[test]
fn a_decoder_that_has_done_enough_says_so() {
    let asked = request(Job::BlurHash, b"x").repeat(600);
    let mut answers = Vec::new();
    serve(&mut asked.as_slice(), &mut answers).unwrap();
    assert_eq!(answers.len(), 500 * ANSWER_BYTES);
    let (all, _) = answers.as_chunks::<ANSWER_BYTES>();
    let last: Vec<bool> =
        all.iter().map(|answer| Answer::from_bytes(*answer).unwrap().is_last).collect();
    assert!(last[499] && !last[..499].contains(&true));
}

#[test]
fn what_makes_no_sense_ends_it() {
    let good = request(Job::BlurHash, b"12345");
    for cut in [3, REQUEST_BYTES + 2] {
        let result = serve(&mut &good[..cut], &mut Vec::new());
        // Nothing at all is an end; a part of something is none.
        assert_eq!(result.is_err(), cut > REQUEST_BYTES);
    }
    let huge = Request { job: Job::BlurHash, limits: LIMITS, content_bytes: CONTENT_BYTES_MAX + 1 };
    assert!(serve(&mut huge.to_bytes().as_slice(), &mut Vec::new()).is_err());
    assert!(serve(&mut [9; REQUEST_BYTES].as_slice(), &mut Vec::new()).is_err());
    for senseless in [[4, 0, 0, 0, 0], [0x42, 0, 0, 0, 0], [0, 255, 255, 255, 255]] {
        assert_eq!(Answer::from_bytes(senseless), None);
    }
}

proptest! {
    #[test]
    fn requests_are_read_as_they_are_written(
        width: u32, height: u32, crop: bool, animated: bool, hash: bool,
        pixels_max: u64, bytes_max: u64, content_bytes in 0..=CONTENT_BYTES_MAX,
    ) {
        let method = if crop { Method::Crop } else { Method::Scale };
        let size = Size { width, height, method };
        let job = if hash { Job::BlurHash } else { Job::Thumbnail { size, animated } };
        let request = Request { job, limits: Limits { pixels_max, bytes_max }, content_bytes };
        prop_assert_eq!(Request::from_bytes(&request.to_bytes()), Some(request));
    }

    #[test]
    fn no_bytes_make_a_side_panic(bytes: [u8; REQUEST_BYTES], answer: [u8; ANSWER_BYTES]) {
        let _ = Request::from_bytes(&bytes);
        if let Some(read) = Answer::from_bytes(answer) {
            prop_assert!(read.made.is_err() || read.to_bytes() == answer);
        }
    }
}
