//! Which sizes there are, and how an image becomes one of them.

/// Widths and heights that thumbnails are made for. A request is rounded up, so that nobody can fill the disk with
/// sizes that differ by a pixel.
const STEPS: [u32; 12] = [32, 64, 96, 128, 160, 240, 320, 480, 640, 800, 1_280, 1_920];

/// How an image is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The aspect of the request: what does not fit is cut off.
    Crop,
    /// The aspect of the image.
    Scale,
}

impl Method {
    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Scale => "scale",
        }
    }
}

/// The size that a client asks for, in pixels: the thumbnail has at least that, unless the image is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
    /// How the image is fitted.
    pub method: Method,
}

/// What is done with the pixels: the part in the middle of the image that is kept, and what it is shrunk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) kept: (u32, u32),
    pub(crate) output: (u32, u32),
}

impl Size {
    /// The size that is made for this request.
    #[must_use]
    pub fn rounded(self) -> Self {
        let round = |wanted: u32| {
            let step = STEPS.into_iter().find(|step| *step >= wanted);
            step.or(STEPS.last().copied()).unwrap_or(wanted)
        };
        Self { width: round(self.width), height: round(self.height), method: self.method }
    }

    /// The same for an image that will be turned by 90 degrees.
    pub(crate) fn turned(self) -> Self {
        Self { width: self.height, height: self.width, method: self.method }
    }

    /// How an image of `width` × `height` gets this size. It is never enlarged.
    pub(crate) fn plan(self, width: u32, height: u32) -> Plan {
        let (image, wanted) = ((width, height), (self.width, self.height));
        // Whether width is what bounds: image.0 / wanted.0 < image.1 / wanted.1, without division.
        let width_bounds = product(image.0, wanted.1) < product(image.1, wanted.0);
        match self.method {
            Method::Scale if width_bounds && wanted.0 < image.0 => {
                Plan { kept: image, output: (wanted.0, share(image.1, wanted.0, image.0)) }
            }
            Method::Scale if !width_bounds && wanted.1 < image.1 => {
                Plan { kept: image, output: (share(image.0, wanted.1, image.1), wanted.1) }
            }
            Method::Scale => Plan { kept: image, output: image },
            Method::Crop => {
                let kept = if width_bounds {
                    (image.0, share(image.0, wanted.1, wanted.0).min(image.1))
                } else {
                    (share(image.1, wanted.0, wanted.1).min(image.0), image.1)
                };
                let shrinks = wanted.0 < kept.0 || wanted.1 < kept.1;
                let output =
                    if shrinks { (wanted.0.min(kept.0), wanted.1.min(kept.1)) } else { kept };
                Plan { kept, output }
            }
        }
    }
}

fn product(one: u32, other: u32) -> u64 {
    u64::from(one) * u64::from(other)
}

/// `of * numerator / denominator`, rounded, at least 1.
fn share(of: u32, numerator: u32, denominator: u32) -> u32 {
    let denominator = u64::from(denominator.max(1));
    let share = (product(of, numerator) + denominator / 2) / denominator;
    u32::try_from(share).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(width: u32, height: u32, method: Method) -> Size {
        Size { width, height, method }
    }

    #[test]
    fn requests_are_rounded_up_to_a_step() {
        let rounded = |width, height| {
            let Size { width, height, .. } = size(width, height, Method::Crop).rounded();
            (width, height)
        };
        assert_eq!(rounded(1, 32), (32, 32));
        assert_eq!(rounded(33, 97), (64, 128));
        assert_eq!(rounded(u32::MAX, 1_921), (1_920, 1_920));
    }

    #[test]
    fn plans_keep_the_aspect_and_never_enlarge() {
        use Method::{Crop, Scale};
        for (wanted, image, expected) in [
            // Both sides have at least what was asked for.
            (size(320, 240, Scale), (3_200, 1_200), ((3_200, 1_200), (640, 240))),
            (size(320, 240, Scale), (1_600, 4_800), ((1_600, 4_800), (320, 960))),
            (size(320, 240, Scale), (100, 50), ((100, 50), (100, 50))),
            (size(320, 240, Scale), (10_000, 100), ((10_000, 100), (10_000, 100))),
            (size(96, 96, Crop), (400, 200), ((200, 200), (96, 96))),
            (size(96, 96, Crop), (200, 400), ((200, 200), (96, 96))),
            (size(96, 96, Crop), (50, 400), ((50, 50), (50, 50))),
            (size(64, 32, Crop), (100, 100), ((100, 50), (64, 32))),
            (size(96, 96, Crop), (1, 1), ((1, 1), (1, 1))),
        ] {
            let Plan { kept, output } = wanted.plan(image.0, image.1);
            assert_eq!((kept, output), expected, "{wanted:?} of {image:?}");
        }
    }

    proptest! {
        #[test]
        fn a_plan_fits_its_image(
            width in 1_u32..100_000, height in 1_u32..100_000,
            wanted_width in 1_u32..3_000, wanted_height in 1_u32..3_000, crop: bool,
        ) {
            let method = if crop { Method::Crop } else { Method::Scale };
            let plan = size(wanted_width, wanted_height, method).rounded().plan(width, height);
            let (kept, output) = (plan.kept, plan.output);
            prop_assert!(output.0 >= 1 && output.1 >= 1);
            prop_assert!(output.0 <= kept.0 && output.1 <= kept.1);
            prop_assert!(kept.0 <= width && kept.1 <= height);
        }
    }
}
