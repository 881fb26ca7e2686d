//! The allocator: jemalloc, told to give memory back.
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// A string that jemalloc reads before `main`. A background thread returns pages one second after
/// their last use: a server that was busy in the morning is small again at noon. Few arenas: with
/// one per thread, memory freed by another thread would lie idle in each.
#[expect(unsafe_code, reason = "jemalloc looks for a symbol of this name")]
// SAFETY: jemalloc declares `const char *malloc_conf`, and this is a pointer to a constant that ends
// with NUL. No other object of the program has this name.
#[unsafe(export_name = "malloc_conf")]
pub(crate) static MALLOC_CONF: Option<&'static std::ffi::c_char> = {
    const TEXT: &std::ffi::CStr =
        c"background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4,tcache_max:4096";
    // SAFETY: the pointer of a `CStr` constant is valid for the whole run of the program.
    #[expect(unsafe_code, reason = "a static holds a reference, not a pointer")]
    unsafe {
        TEXT.as_ptr().as_ref()
    }
};

#[cfg(test)]
mod tests {
    use tikv_jemalloc_ctl::opt;

    /// The name of the symbol depends on how jemalloc is built: under another name, the text is read by nobody.
    #[test]
    fn jemalloc_reads_what_it_is_told() {
        assert!(opt::background_thread::read().unwrap());
        assert_eq!(opt::narenas::read().unwrap(), 4);
    }
}
