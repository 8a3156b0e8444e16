//! The file of a rule, read once: what is judged is what is used, whatever becomes of the file.
//!
//! Whoever can put a file into a folder can put a pipe, a device or an endless file there as well. Links
//! are followed, since folders that are mounted into containers consist of them; what counts is what
//! they lead to.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    path::Path,
};

use super::{AdmissionError, Format};
use crate::limits::Limits;

/// Why a file gave no bytes.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It is nothing that could be a rule.
    #[error(transparent)]
    Refused(#[from] AdmissionError),
}

/// Returns the bytes of a file that could be a rule, read once and no more of them than a rule may
/// have.
///
/// # Errors
///
/// When it cannot be read, is no regular file, or is too large.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, FileError> {
    let size_max = limits.file_size_max;
    if fs::metadata(path)?.is_dir() {
        return Err(AdmissionError::Format(Format::Folder).into());
    }
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(AdmissionError::Format(Format::Special).into());
    }
    let too_large = |size: u64| AdmissionError::Size {
        size: usize::try_from(size).unwrap_or(usize::MAX),
        size_max,
    };
    let size_max_read = u64::try_from(size_max).unwrap_or(u64::MAX);
    if metadata.len() > size_max_read {
        return Err(too_large(metadata.len()).into());
    }
    let mut bytes = Vec::new();
    // It may have grown meanwhile.
    let size = file
        .take(size_max_read.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if size > size_max {
        return Err(too_large(size as u64).into());
    }
    Ok(bytes)
}

/// Opens without waiting for the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}
