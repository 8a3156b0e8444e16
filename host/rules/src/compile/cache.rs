//! Compiled code that is kept on disk, so that a start compiles nothing that was compiled before.
//!
//! Compiled code is machine code, so what lies in the folder is worth nothing by itself: an entry is
//! used only if a keyed digest over it, the component and the engine is right. The key lies outside the
//! folder, readable by this user alone. Whatever is changed, cut off, of another version, of another
//! owner or open to others is compiled again and replaced.

mod private;

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component as Compiled};

use super::{Effort, load, parent::CodeFromChild};

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder cannot be made, or it is not only this user's.
    #[error("compiled rules cannot be kept in {}", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// The key can be neither read nor made.
    #[error("the key of compiled rules in {} can neither be read nor made", .0.display())]
    Key(PathBuf, #[source] io::Error),
}

/// A folder of compiled code.
#[derive(Clone)]
pub struct CompileCache {
    folder: PathBuf,
    key: [u8; KEY],
    size_max: u64,
}

const KEY: usize = 32;
const DIGEST: usize = 32;

/// What the digest is of, so that it is of nothing else that this key is ever used for.
const PURPOSE: &[u8] = b"syncline compiled rule 1\0";

impl CompileCache {
    /// Opens the folder, which is made where there is none, with the key in this file, which must lie
    /// outside of it. All entries together have at most `size_max` bytes; the oldest make room.
    ///
    /// # Errors
    ///
    /// When the folder is not this user's alone and cannot be made so, or there is no key to be had.
    pub fn open(folder: &Path, key_file: &Path, size_max: u64) -> Result<Self, CacheError> {
        private::make_folder(folder).map_err(|e| CacheError::Folder(folder.to_owned(), e))?;
        let key =
            read_or_make_key(key_file).map_err(|e| CacheError::Key(key_file.to_owned(), e))?;
        Ok(Self {
            folder: folder.to_owned(),
            key,
            size_max,
        })
    }

    pub(super) fn entry(&self, engine: &Engine, component: &[u8], effort: Effort) -> Entry<'_> {
        let component = Sha256::digest(component);
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let compatibility = hasher.finish();
        let name = format!(
            "{}-{}-{compatibility:016x}.code",
            hex::encode(component),
            effort.word()
        );
        let mut keyed = self.keyed();
        keyed.update(PURPOSE);
        keyed.update(name.as_bytes());
        Entry {
            cache: self,
            path: self.folder.join(name),
            keyed,
        }
    }

    fn keyed(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.key).expect("a key of any length serves")
    }

    /// Removes the oldest files, those of writes that were cut off included, until the rest fits.
    fn make_room(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            let metadata = file.metadata()?;
            let written = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            files.push((written, metadata.len(), file.path()));
        }
        files.sort();
        let mut size: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, bytes, path) in files {
            if size <= self.size_max {
                break;
            }
            fs::remove_file(path)?;
            size -= bytes;
        }
        Ok(())
    }
}

/// The key is no one's to see.
impl std::fmt::Debug for CompileCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CompileCache")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The place of one component's code for one engine.
pub(super) struct Entry<'a> {
    cache: &'a CompileCache,
    path: PathBuf,
    /// The keyed digest, as far as what the code is of.
    keyed: Hmac<Sha256>,
}

/// Code whose keyed digest is right.
pub(super) struct Authentic<'a>(&'a [u8]);

impl Authentic<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0
    }
}

impl Entry<'_> {
    /// Returns the code that is kept, if it can be trusted; removes it if not.
    pub(super) fn load(&self, engine: &Engine) -> Option<Compiled> {
        let mut file = match private::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return self.distrust(&error),
        };
        // Read once: what is checked is what is loaded, whatever becomes of the file.
        let mut bytes = Vec::new();
        if let Err(error) = file.read_to_end(&mut bytes) {
            return self.distrust(&error);
        }
        let Some(code) = self.authenticate(&bytes) else {
            return self.distrust(&"it is not as it was written");
        };
        match load::from_cache(engine, &code) {
            Ok(compiled) => Some(compiled),
            Err(error) => self.distrust(&error),
        }
    }

    fn authenticate<'b>(&self, bytes: &'b [u8]) -> Option<Authentic<'b>> {
        let (digest, code) = bytes.split_at_checked(DIGEST)?;
        let mut keyed = self.keyed.clone();
        keyed.update(code);
        keyed.verify_slice(digest).ok()?;
        Some(Authentic(code))
    }

    fn distrust<Found>(&self, why: &dyn std::fmt::Display) -> Option<Found> {
        tracing::warn!(file = %self.path.display(), %why, "compiled rule is not trusted, it is compiled again");
        let removed = if self.path.is_dir() {
            fs::remove_dir_all(&self.path)
        } else {
            fs::remove_file(&self.path)
        };
        removed.ok();
        None
    }

    /// Keeps the code. Where that fails it is compiled again next time, and that is said.
    pub(super) fn keep(&self, code: &CodeFromChild) {
        if let Err(error) = self.write(code.bytes()) {
            tracing::warn!(file = %self.path.display(), %error, "compiled rule cannot be kept");
        }
    }

    fn write(&self, code: &[u8]) -> io::Result<()> {
        if u64::try_from(code.len()).unwrap_or(u64::MAX) > self.cache.size_max {
            return Ok(());
        }
        let mut keyed = self.keyed.clone();
        keyed.update(code);
        let digest = keyed.finalize().into_bytes();
        private::write(&self.path, |file| {
            file.write_all(&digest)?;
            file.write_all(code)
        })?;
        self.cache.make_room()
    }
}

fn read_or_make_key(path: &Path) -> io::Result<[u8; KEY]> {
    if let Ok(mut file) = private::open(path) {
        let mut key = [0; KEY];
        if file.read_exact(&mut key).is_ok() && file.read(&mut [0])? == 0 {
            return Ok(key);
        }
    }
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    private::write(path, |file| file.write_all(&key))?;
    Ok(key)
}
