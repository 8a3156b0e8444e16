//! Files and folders that are one user's alone.
//!
//! On Windows what is made in a user's folder is that user's by inheritance, and nothing is checked
//! here; the keyed digest is what counts, there as elsewhere.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Makes the folder, or makes it private where it is this user's already.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let metadata = fs::symlink_metadata(folder)?;
        if !metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                "it is no folder",
            ));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            // Only its owner can; for whom else this fails, it is no place to keep code in.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        require_own(&fs::symlink_metadata(folder)?)?;
    }
    Ok(())
}

/// Opens a file to be read that only this user can read and write. Waits for nobody, follows no link.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;

        require_own(&metadata)?;
        if metadata.mode() & 0o077 != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "others than its owner may read or write it",
            ));
        }
    }
    Ok(file)
}

/// Writes a file that only this user can read and write: whole, or not at all.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Made with the permissions of its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    content(&mut file)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn require_own(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    if metadata.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "it belongs to another user",
    ))
}
