//! Where an author's compiled rules are kept: with what other programs keep for this user. A rule that
//! brings an interpreter takes ten seconds to compile, and is tried again and again.

use std::{
    env,
    path::{Path, PathBuf},
};

use syncline_rules::CompileCache;

/// What compiled rules may take on disk, in bytes: some ten that bring an interpreter.
const SIZE_MAX: u64 = 512 << 20;

/// Returns the cache; nothing where there is no place for one, so that each command compiles.
pub(super) fn cache() -> Option<CompileCache> {
    let folder = folder()?.join("syncline");
    // The key lies outside of the folder, so that the folder alone is worth nothing to whoever writes it.
    let (compiled, key) = (folder.join("compiled"), folder.join("compiled.key"));
    CompileCache::open(&compiled, &key, SIZE_MAX)
        .inspect_err(|error| {
            tracing::debug!(reason = %error, "rules are compiled by each command");
        })
        .ok()
}

#[cfg(windows)]
fn folder() -> Option<PathBuf> {
    absolute(env::var_os("LOCALAPPDATA")?.into())
}

#[cfg(target_os = "macos")]
fn folder() -> Option<PathBuf> {
    absolute(env::home_dir()?.join("Library/Caches"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn folder() -> Option<PathBuf> {
    // An empty or relative value is to be ignored (XDG base directories).
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    match named.and_then(absolute) {
        Some(folder) => Some(folder),
        None => absolute(env::home_dir()?.join(".cache")),
    }
}

fn absolute(path: PathBuf) -> Option<PathBuf> {
    Path::is_absolute(&path).then_some(path)
}
