//! Settings that take one of a few words.
use crate::setting::{Input, List, Setting, expected, quoted, text};

macro_rules! choice {
    (
        $(#[doc = $doc:expr])+
        pub enum $Name:ident: $kind:literal {
            $( $(#[doc = $variant_doc:expr])+ $Variant:ident = $word:literal, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $( $(#[doc = $variant_doc])+ $Variant, )+ }

        impl $Name {
            /// The word that stands for this choice in the file.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }
        }

        impl Setting for $Name {
            const KIND: &'static str = $kind;

            fn read(input: Input<'_>) -> Result<Self, String> {
                match text(input) {
                    $( Some($word) => Ok(Self::$Variant), )+
                    _ => Err(expected::<Self>(input)),
                }
            }

            fn show(&self) -> Option<String> {
                Some(quoted(self.word()))
            }
        }
    };
}

choice! {
    /// Who may make an account.
    pub enum RegistrationMode: "open, token or closed" {
        /// Anybody who reaches the server.
        Open = "open",
        /// Whoever has a registration token.
        Token = "token",
        /// Nobody; administrators make accounts.
        Closed = "closed",
    }
}

choice! {
    /// Whether something is asked of people.
    pub enum Demand: "off, optional or required" {
        /// It is not asked for.
        Off = "off",
        /// They may give it.
        Optional = "optional",
        /// They have to give it.
        Required = "required",
    }
}

choice! {
    /// How a connection to an SMTP server is protected.
    pub enum SmtpSecurity: "starttls, tls or none" {
        /// It begins in the clear and is encrypted before anything is said.
        Starttls = "starttls",
        /// It is encrypted from the beginning.
        Tls = "tls",
        /// It is not encrypted.
        None = "none",
    }
}

choice! {
    /// How something is asked over HTTP.
    pub enum HttpMethod: "POST, PUT or GET" {
        /// `GET`
        Get = "GET",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
    }
}

choice! {
    /// The form of log lines.
    pub enum LogFormat: "auto, text or json" {
        /// Text with colors on a terminal; without times under systemd, whose journal adds them.
        Auto = "auto",
        /// One line of text an event.
        Text = "text",
        /// One JSON object an event.
        Json = "json",
    }
}

choice! {
    /// What a listener answers.
    pub enum Serves: "client, federation or management" {
        /// The client-server API, `.well-known` and the registration of accounts by shared secret.
        Client = "client",
        /// What other homeservers ask.
        Federation = "federation",
        /// Health and metrics for those who run the server. Never on a public address.
        Management = "management",
    }
}

impl List for Serves {
    const LIST_KIND: &'static str = "a list of: client, federation, management";
}
