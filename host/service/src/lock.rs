//! One process at a time works on a project. The lock dies with its process, however it ends.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::ServiceError;

/// The project's lock, held until it is dropped.
#[derive(Debug)]
pub struct ProjectLock {
    _file: File,
}

impl ProjectLock {
    /// Whether a process holds the lock at this moment.
    pub fn is_held(state_folder: &Path) -> bool {
        File::open(state_folder.join("syncline.lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock, making the state folder, private to its user, where there is none yet.
    ///
    /// # Errors
    ///
    /// When another process holds it, or the folder cannot be written.
    pub fn take(state_folder: &Path) -> Result<Self, ServiceError> {
        let failed = |source| ServiceError::State {
            folder: state_folder.to_owned(),
            source,
        };
        make_private_folder(state_folder).map_err(failed)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(state_folder.join("syncline.lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ServiceError::Locked {
                folder: state_folder.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// Makes a folder that only its user can enter. On Windows a folder inherits its parent's access
/// list, which for a user's own folders says the same.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
