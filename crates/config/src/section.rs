//! The shape of a section, and the macro that makes one from its keys.
use std::fmt;

use crate::setting::Input;

/// One key of a section, as documentation and completion see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key's name in the file.
    pub key: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// What kind of value it takes, in words.
    pub kind: &'static str,
    /// Whether the value is hidden when shown, and may be given as `KEY_file`.
    pub secret: bool,
    /// The value as TOML, secrets hidden; `None` if it has none.
    pub value: Option<String>,
}

/// What a section's own check found: a key and what is wrong with its value.
pub type Complaints = Vec<(&'static str, String)>;

/// A table of the configuration file.
pub trait Section: fmt::Debug {
    /// The table's name.
    fn name(&self) -> &'static str;
    /// The table's doc comment.
    fn doc(&self) -> &'static str;
    /// Every key with its present value.
    fn fields(&self) -> Vec<Field>;
    /// Sets `key`. `None` if there is no such key.
    ///
    /// # Errors
    /// Says what the key expects.
    fn set(&mut self, key: &str, input: Input<'_>) -> Option<Result<(), String>>;
    /// Checks what a single value's type cannot.
    fn check(&self, complaints: &mut Complaints);
}

/// Declares a section: each key's documentation, type and default, once.
macro_rules! section {
    (
        $(#[doc = $section_doc:expr])+
        pub struct $Name:ident in $table:literal {
            $( $(#[doc = $doc:expr])+ pub $key:ident: $ty:ty = $default:expr, )+
        }
        check($this:ident, $complaints:ident) $check:block
    ) => {
        $(#[doc = $section_doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name { $( $(#[doc = $doc])+ pub $key: $ty, )+ }

        impl Default for $Name {
            fn default() -> Self {
                Self { $( $key: $default, )+ }
            }
        }

        impl $crate::section::Section for $Name {
            fn name(&self) -> &'static str { $table }
            fn doc(&self) -> &'static str { concat!($($section_doc, "\n"),+) }

            fn fields(&self) -> Vec<$crate::section::Field> {
                use $crate::setting::Setting;
                vec![$( $crate::section::Field {
                    key: stringify!($key),
                    doc: concat!($($doc, "\n"),+),
                    kind: <$ty as Setting>::KIND,
                    secret: <$ty as Setting>::SECRET,
                    value: self.$key.show(),
                }, )+]
            }

            fn set(
                &mut self,
                key: &str,
                input: $crate::setting::Input<'_>,
            ) -> Option<Result<(), String>> {
                use $crate::setting::Setting;
                match key {
                    $( stringify!($key) => {
                        Some(<$ty as Setting>::read(input).map(|value| self.$key = value))
                    } )+
                    _ => None,
                }
            }

            fn check(&self, $complaints: &mut $crate::section::Complaints) {
                let $this = self;
                $check
            }
        }
    };
}
pub(crate) use section;
