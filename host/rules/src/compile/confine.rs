//! What the child that compiles takes from itself before it sees a byte of the component.

use std::io;

/// Limits this process for good: its memory in bytes, and its processor time to that of so many busy
/// threads for so many seconds, which ends it also where its parent is gone and cannot.
#[cfg(unix)]
pub(super) fn confine(memory_max: u64, seconds: u64, threads: usize) -> io::Result<()> {
    use rlimit::Resource;

    let threads = u64::try_from(threads).unwrap_or(u64::MAX);
    let processor_seconds = seconds.saturating_mul(threads).max(1);
    // Standard input, output and error are open; no file, no socket can be opened besides.
    lower(Resource::NOFILE, 3)?;
    lower(Resource::FSIZE, 0)?;
    lower(Resource::CORE, 0)?;
    lower(Resource::CPU, processor_seconds)?;
    let memory = lower(Resource::AS, memory_max);
    if cfg!(target_os = "macos") {
        // It knows the limit but does not enforce it, and refuses small ones; time remains.
        return Ok(());
    }
    memory
}

/// Lowers a limit; one that is lower already stays, since nobody but root can raise it.
#[cfg(unix)]
fn lower(resource: rlimit::Resource, limit: u64) -> io::Result<()> {
    let limit = limit.min(resource.get_hard()?);
    resource.set(limit, limit)
}

/// Limits this process for good, as on Unix; files and sockets are not limited there.
#[cfg(windows)]
pub(super) use job::confine;

#[cfg(windows)]
mod job {
    #![expect(unsafe_code, reason = "job objects are there as C functions only")]

    use std::{ffi::c_void, io, mem, ptr};

    use windows_sys::Win32::System::{
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
            JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOB_OBJECT_LIMIT_PROCESS_TIME,
            JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
            SetInformationJobObject,
        },
        Threading::GetCurrentProcess,
    };

    pub(in super::super) fn confine(
        memory_max: u64,
        seconds: u64,
        threads: usize,
    ) -> io::Result<()> {
        let threads = i64::try_from(threads).unwrap_or(i64::MAX);
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY
            | JOB_OBJECT_LIMIT_PROCESS_TIME
            | JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        limits.BasicLimitInformation.ActiveProcessLimit = 1;
        // In units of 100 ns.
        limits.BasicLimitInformation.PerProcessUserTimeLimit =
            seconds.saturating_mul(threads).saturating_mul(10_000_000);
        limits.ProcessMemoryLimit = usize::try_from(memory_max).unwrap_or(usize::MAX);
        let size = u32::try_from(mem::size_of_val(&limits)).map_err(io::Error::other)?;
        // SAFETY: no pointer is given: no security attributes, no name.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `job` is a live job object; the pointer is to a structure of the class that is named,
        // which lives until the call returns, and `size` is its size.
        let set = unsafe {
            SetInformationJobObject(
                job,
                JobObjectExtendedLimitInformation,
                ptr::from_ref(&limits).cast::<c_void>(),
                size,
            )
        };
        // The handle is never closed: the job lives as long as the process that is in it.
        // SAFETY: both are live handles; that of the current process is a constant.
        if set == 0 || unsafe { AssignProcessToJobObject(job, GetCurrentProcess()) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}
