//! Takes from the process that reads what it does not need: memory and time without end, files, sockets, other processes.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rlimit::Resource;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// What of the jail this system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jail {
    /// The kernel lets the process open no files and no sockets (landlock).
    pub(crate) landlock: bool,
    /// The kernel lets the process make only some system calls (seccomp).
    pub(crate) seccomp: bool,
}

/// Limits memory (bytes of address space) and CPU time (seconds), and forbids other files.
///
/// # Errors
/// The system refuses a limit.
pub(crate) fn limit(memory: u64, seconds: u64) -> std::io::Result<()> {
    let set = |resource: Resource, most: u64| {
        // What is already lower stays.
        let (_, hard) = resource.get()?;
        resource.set(most.min(hard), most.min(hard))
    };
    set(Resource::AS, memory)?;
    set(Resource::CPU, seconds)?;
    set(Resource::CORE, 0)?;
    // Pipes are not counted by their size, and open ones stay.
    set(Resource::FSIZE, 0)?;
    set(Resource::NOFILE, 0)
}

/// Closes the jail for all threads of the process. A kernel without a part of it goes without: limits and the empty environment remain.
pub(crate) fn close() -> Jail {
    Jail { landlock: landlock().is_some_and(|status| status != RulesetStatus::NotEnforced), seccomp: seccomp().is_some() }
}

fn landlock() -> Option<RulesetStatus> {
    let abi = ABI::V6;
    let ruleset = Ruleset::default()
        .set_compatibility(landlock::CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|created| created.restrict_self());
    ruleset.ok().map(|status| status.ruleset)
}

fn seccomp() -> Option<()> {
    let allowed = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_tgkill,
        libc::SYS_tkill,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rseq,
        libc::SYS_set_robust_list,
    ];
    let rules: BTreeMap<i64, _> = allowed.into_iter().map(|call| (call, Vec::new())).collect();
    // Refused calls fail with "not permitted", so that a library that only tries something goes on.
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?);
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, std::env::consts::ARCH.try_into().ok()?).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter_all_threads(&program).ok()
}
