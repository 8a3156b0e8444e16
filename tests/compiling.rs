//! Rules are compiled in a child process with limits, and what it compiled is kept: only if nobody has
//! touched it since.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use syncline_rules::{AdmissionError, CompileCache, Compiling, Component, Limits, RulesEngine};

use crate::support::{DEPARTMENT, Scope, componentize, department_rule};

const PROGRAM: &str = env!("CARGO_BIN_EXE_syncline");

fn engine(limits: Limits, cache: Option<CompileCache>) -> RulesEngine {
    let program = PathBuf::from(PROGRAM);
    RulesEngine::new(limits, Compiling::InChild { program, cache }).expect("the engine runs here")
}

/// Where a project keeps compiled rules.
struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("compiled")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("compiled.key")
    }

    fn open(&self, size_max: u64) -> CompileCache {
        CompileCache::open(&self.path(), &self.key(), size_max).expect("the cache opens")
    }

    /// Admits the component with an engine of its own, as a new process would. Where `program` is none,
    /// nothing can be compiled.
    fn admit_by(&self, program: &str, bytes: &[u8]) -> Result<Component, AdmissionError> {
        let cache = Some(self.open(u64::MAX));
        let program = PathBuf::from(program);
        RulesEngine::new(Limits::default(), Compiling::InChild { program, cache })
            .expect("the engine runs here")
            .admit(bytes)
    }

    /// Whether the component is admitted from what is kept alone.
    fn is_trusted(&self, bytes: &[u8]) -> bool {
        match self.admit_by("/there/is/no/compiler", bytes) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.code(), "compiler", "{error}");
                false
            }
        }
    }

    fn entry(&self) -> PathBuf {
        let mut entries: Vec<PathBuf> = fs::read_dir(self.path())
            .expect("the folder can be read")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.remove(0)
    }
}

/// A component that compiles to little.
fn small() -> Vec<u8> {
    department_rule(Scope::Everybody)
}

#[test]
fn law_11_a_component_that_keeps_the_compiler_busy_is_refused_in_time_and_nothing_else_is() {
    // The scan alone would let a body of this size pass.
    let limits = Limits {
        compile_time_max: Duration::from_secs(1),
        function_size_max: usize::MAX,
        ..Limits::default()
    };
    let engine = engine(limits, None);
    let began = std::time::Instant::now();
    let error = engine
        .admit(&bomb(4_000_000))
        .expect_err("it takes minutes");
    assert!(
        matches!(error, AdmissionError::CompileBounds { seconds: 1, .. }),
        "{error}"
    );
    assert_eq!(error.code(), "complexity");
    assert_eq!(
        error.to_string(),
        "the rule is too complex to be compiled within 1 s and 2048 MiB"
    );
    assert!(began.elapsed() < Duration::from_secs(10), "{began:?}");
    engine.admit(&small()).expect("a good rule is admitted");
}

#[test]
fn law_11_a_component_that_takes_all_memory_of_the_compiler_is_refused() {
    let limits = Limits {
        compile_memory_max: 400 << 20,
        function_size_max: usize::MAX,
        ..Limits::default()
    };
    let engine = engine(limits, None);
    let error = engine.admit(&bomb(4_000_000)).expect_err("it takes more");
    assert!(
        matches!(error, AdmissionError::CompileBounds { mebibytes: 400, .. }),
        "{error}"
    );
    engine.admit(&small()).expect("a good rule is admitted");
}

#[test]
fn law_11_what_cannot_be_optimised_in_time_is_compiled_plainly() {
    // With optimisation this takes many seconds; without, a fraction of one.
    let limits = Limits {
        compile_time_max: Duration::from_secs(3),
        optimise_cost_max: u64::MAX,
        ..Limits::default()
    };
    let engine = engine(limits, None);
    engine
        .admit(&bomb(110_000))
        .expect("it is admitted in the end");
}

#[test]
fn a_compiler_that_cannot_be_started_is_no_fault_of_the_rule() {
    let program = PathBuf::from("/there/is/no/compiler");
    let compiling = Compiling::InChild {
        program,
        cache: None,
    };
    let engine = RulesEngine::new(Limits::default(), compiling).expect("the engine runs here");
    let error = engine.admit(&small()).expect_err("nothing compiles");
    assert_eq!(error.code(), "compiler");
    assert!(
        error
            .to_string()
            .starts_with("the compiler cannot be started: ")
    );
}

#[test]
#[cfg(unix)]
fn law_11_a_program_that_answers_with_something_else_is_not_believed() {
    // `echo` and `cat` answer promptly, and not with a frame.
    for program in ["/bin/echo", "/bin/cat", "/bin/true"] {
        let compiling = Compiling::InChild {
            program: program.into(),
            cache: None,
        };
        let engine = RulesEngine::new(Limits::default(), compiling).expect("the engine runs here");
        let error = engine.admit(&small()).expect_err("nothing compiles");
        assert_eq!(error.code(), "compiler", "{program}: {error}");
    }
}

#[test]
fn what_was_compiled_is_kept_and_used_by_the_next_process() {
    let kept = Kept::new();
    assert!(!kept.is_trusted(&small()));
    kept.admit_by(PROGRAM, &small()).expect("it is admitted");
    assert!(kept.is_trusted(&small()), "nothing is compiled again");
    let other = department_rule(Scope::Engineers);
    assert!(
        !kept.is_trusted(&other),
        "another component is another entry"
    );
}

/// Tampers with the one entry of a cache; it must not be loaded, and be as good as new afterwards.
#[track_caller]
fn distrusted(how: &str, tamper: impl FnOnce(&Kept, &Path)) {
    let kept = Kept::new();
    kept.admit_by(PROGRAM, &small()).expect("it is admitted");
    tamper(&kept, &kept.entry());
    assert!(!kept.is_trusted(&small()), "{how}: it is loaded");
    kept.admit_by(PROGRAM, &small())
        .unwrap_or_else(|error| panic!("{how}: {error}"));
    assert!(kept.is_trusted(&small()), "{how}: it is not kept again");
}

fn changed(entry: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(entry).expect("the entry can be read");
    change(&mut bytes);
    fs::write(entry, bytes).expect("the entry can be written");
}

#[test]
fn law_11_an_entry_that_was_touched_is_compiled_again_and_never_loaded() {
    distrusted("a bit of the code", |_, entry| {
        changed(entry, |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
    });
    distrusted("a bit of the digest", |_, entry| {
        changed(entry, |bytes| bytes[3] ^= 1);
    });
    distrusted("cut off", |_, entry| {
        changed(entry, |bytes| bytes.truncate(bytes.len() - 1));
    });
    distrusted("cut off within the digest", |_, entry| {
        changed(entry, |bytes| bytes.truncate(10));
    });
    distrusted("empty", |_, entry| changed(entry, Vec::clear));
    distrusted("longer", |_, entry| changed(entry, |bytes| bytes.push(0)));
    distrusted("code alone, without a digest", |_, entry| {
        changed(entry, |bytes| drop(bytes.drain(..32)));
    });
    distrusted("another key", |kept, _| {
        fs::remove_file(kept.key()).expect("the key can be removed");
    });
    distrusted("a key that is too short", |kept, _| {
        fs::write(kept.key(), b"short").expect("the key can be written");
    });
}

#[test]
fn law_11_the_entry_of_another_component_is_not_taken_for_this_ones() {
    distrusted("another component's", |kept, entry| {
        let mine = entry.to_owned();
        fs::remove_file(&mine).expect("the entry can be removed");
        kept.admit_by(PROGRAM, &department_rule(Scope::Engineers))
            .expect("it is admitted");
        fs::rename(kept.entry(), &mine).expect("the entry can be moved");
    });
}

#[test]
fn law_11_an_entry_of_another_engine_is_not_taken() {
    // The engine's version and settings are in the name, and the name is in the digest.
    distrusted("another engine's", |kept, entry| {
        let mine = entry.to_owned();
        fs::remove_file(&mine).expect("the entry can be removed");
        let never_optimises = Limits {
            optimise_cost_max: 0,
            ..Limits::default()
        };
        engine(never_optimises, Some(kept.open(u64::MAX)))
            .admit(&small())
            .expect("it is admitted");
        assert_ne!(kept.entry(), mine, "it is another entry");
        fs::rename(kept.entry(), &mine).expect("the entry can be moved");
    });
}

#[test]
#[cfg(unix)]
fn law_11_an_entry_that_others_could_have_written_is_not_loaded() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let open_to = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    distrusted("writable by all", |_, entry| open_to(entry, 0o666));
    distrusted("readable by the group", |_, entry| open_to(entry, 0o640));
    distrusted("a link", |kept, entry| {
        let elsewhere = kept.folder.path().join("elsewhere");
        fs::rename(entry, &elsewhere).expect("the entry can be moved");
        symlink(&elsewhere, entry).expect("a link can be made");
    });
    distrusted("a folder", |_, entry| {
        fs::remove_file(entry).expect("the entry can be removed");
        fs::create_dir(entry).expect("a folder can be made");
    });
    distrusted("a pipe", |_, entry| {
        fs::remove_file(entry).expect("the entry can be removed");
        pipe(entry);
    });
    distrusted("a key that others can read", |kept, _| {
        open_to(&kept.key(), 0o644)
    });
}

/// Makes a named pipe, which nobody writes into: whoever opens it to read waits for ever.
#[cfg(unix)]
pub(crate) fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo is there").success());
}

#[test]
#[cfg(unix)]
fn what_is_kept_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let kept = Kept::new();
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    kept.admit_by(PROGRAM, &small()).expect("it is admitted");
    assert_eq!(mode(&kept.path()), 0o700);
    assert_eq!(mode(&kept.entry()), 0o600);
    assert_eq!(mode(&kept.key()), 0o600);
    fs::set_permissions(kept.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    kept.open(u64::MAX);
    assert_eq!(mode(&kept.path()), 0o700, "it is made private again");
}

#[test]
fn what_is_kept_is_bounded_and_the_oldest_makes_room() {
    let kept = Kept::new();
    let size = {
        kept.admit_by(PROGRAM, &small()).expect("it is admitted");
        fs::metadata(kept.entry()).expect("it is there").len()
    };
    let first = kept.entry();
    // Room for one and a half.
    let engine = engine(Limits::default(), Some(kept.open(size + size / 2)));
    std::thread::sleep(Duration::from_millis(20));
    engine
        .admit(&department_rule(Scope::Engineers))
        .expect("it is admitted");
    assert_ne!(kept.entry(), first, "the newer one stays");
    // What does not fit at all is not kept.
    let engine = self::engine(Limits::default(), Some(kept.open(10)));
    engine.admit(&small()).expect("it is admitted all the same");
}

/// A component whose largest function has about this many bytes of what optimises worst.
fn bomb(bytes: usize) -> Vec<u8> {
    let step = "(local.set $x (i32.xor (i32.mul (local.get $x) (i32.const 31)) (local.get $x)))
        (if (local.get $x) (then (local.set $x (i32.add (local.get $x) (i32.const 7)))))";
    let function = format!(
        "(func $large (param $x i32) {}) (export \"large\" (func $large))",
        step.repeat(bytes / 21)
    );
    let module = DEPARTMENT.replace("{{scopes}}", "0");
    let (before, _) = module.rsplit_once(')').expect("a module ends");
    componentize(&format!("{before}{function})"))
}
