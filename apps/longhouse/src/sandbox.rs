//! What a decoder of images gives up before it sees one: files, network, other processes, memory and time without end.
use std::{error::Error, io};

use rlimit::{Resource, setrlimit};

/// The processor time of a decoder, in seconds. It makes room for another one before that (`pictures::wire`): only what
/// hangs reaches it.
const CPU_SECONDS_MAX: u64 = 60;

/// Restricts this process for good, which must have one thread only.
///
/// # Errors
/// Fails if the system does not know one of the restrictions.
pub(crate) fn enter(memory_bytes_max: u64) -> io::Result<()> {
    for (resource, most) in [
        (Resource::AS, memory_bytes_max),
        (Resource::CPU, CPU_SECONDS_MAX),
        // The standard streams are open already.
        (Resource::NOFILE, 3),
        (Resource::FSIZE, 0),
        // An image that makes its decoder crash is nobody's business.
        (Resource::CORE, 0),
    ] {
        setrlimit(resource, most, most)?;
    }
    #[cfg(target_os = "linux")]
    filter::install().map_err(io::Error::other)?;
    Ok(())
}

#[cfg(target_os = "linux")]
mod filter {
    use std::collections::BTreeMap;

    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

    use super::Error;

    /// What may be asked of the system: reading and writing what is open, memory, the time, and to end.
    const ALLOWED: &[i64] = &[
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];

    /// From here on, everything else fails with EPERM: libraries ask for more than they need, and do without.
    pub(super) fn install() -> Result<(), Box<dyn Error + Send + Sync>> {
        let rules: BTreeMap<i64, Vec<_>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let here = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, here)?;
        apply_filter(&BpfProgram::try_from(filter)?)?;
        Ok(())
    }
}
