//! What a web page says about itself, for a preview of it: Open Graph and Twitter's properties, its title, a description,
//! where its picture and its oEmbed document are.
//!
//! Pages come from strangers. They are read as a stream, never as a tree: whatever a page has, this crate keeps at most
//! some kilobytes of it, and how deep its elements are nested costs no stack.
//!
//! A crate of its own because the parser is much code that seldom changes, and knows neither media nor databases.
mod charset;
mod handlers;
mod oembed;
mod page;
mod reader;
mod text;

pub use self::{oembed::from_oembed, page::Page, reader::Reader};
