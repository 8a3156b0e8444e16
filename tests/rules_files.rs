//! How files come into the plugins folder: renamed over, written slowly, removed and made again, swapped
//! behind a link, and changed where no event tells of it.

use std::{fs, io::Write as _, thread, time::Duration};

use crate::{
    rules_reload::{CONTOSO_MERGER, adapted, departments, drop_file, every_second},
    support::{Process, Rehearsal},
};

/// Waits until the merger's rules are active and have written.
fn adapts(rehearsal: &Rehearsal, run: &mut Process) {
    run.says("are active: contoso-merger");
    run.says("updated (");
    run.says("done, 0 failed");
    assert!(adapted(&departments(rehearsal)) > 10);
}

#[test]
fn a_file_that_is_written_slowly_in_place_is_waited_for() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let mut written = fs::File::create(&file).expect("the file can be written");
    for part in CONTOSO_MERGER.chunks(CONTOSO_MERGER.len() / 4 + 1) {
        written.write_all(part).expect("the file can be written");
        written.flush().expect("the file can be written");
        // Longer than the folder has to be quiet: a pause in a copy is not its end.
        thread::sleep(Duration::from_millis(900));
    }
    drop(written);
    adapts(&rehearsal, &mut run);
    assert!(!run.said().contains("refused"), "{}", run.said());
}

#[test]
fn a_file_that_is_removed_and_made_again_is_taken_up() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    fs::remove_file(&file).expect("the file can be removed");
    thread::sleep(Duration::from_millis(500));
    fs::write(&file, CONTOSO_MERGER).expect("the file can be written");
    adapts(&rehearsal, &mut run);
}

#[test]
fn a_thousand_touches_are_no_change() {
    let (rehearsal, file) = every_second(20, 1);
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let same = fs::read(&file).expect("the file can be read");
    for _ in 0..1_000 {
        fs::write(&file, &same).expect("the file can be written");
        thread::sleep(Duration::from_micros(500));
    }
    for _ in 0..4 {
        run.says(": run ");
    }
    // Had it been read as other rules in between, that would have been told.
    assert!(!run.said().contains("changed rules"), "{}", run.said());
    drop_file(&file, CONTOSO_MERGER);
    adapts(&rehearsal, &mut run);
    assert_eq!(
        run.said().matches("changed rules").count(),
        1,
        "{}",
        run.said()
    );
}

/// Containers mount a folder so that its files are links through a link, which is swapped as a whole.
#[cfg(unix)]
#[test]
fn a_link_that_is_swapped_elsewhere_is_followed_although_no_event_tells_of_it() {
    use std::os::unix::fs::symlink;

    let (rehearsal, file) = every_second(20, 1);
    let mounts = rehearsal.file("mounted");
    let first = fs::read(&file).expect("the file can be read");
    for (name, bytes) in [("1", first.as_slice()), ("2", CONTOSO_MERGER)] {
        fs::create_dir_all(mounts.join(name)).expect("a folder can be made");
        fs::write(mounts.join(name).join("rules.wasm"), bytes).expect("it can be written");
    }
    symlink("1", mounts.join("..data")).expect("a link can be made");
    fs::remove_file(&file).expect("the file can be removed");
    symlink("../mounted/..data/rules.wasm", &file).expect("a link can be made");
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    symlink("2", mounts.join("..data_new")).expect("a link can be made");
    fs::rename(mounts.join("..data_new"), mounts.join("..data")).expect("a link can be moved");
    adapts(&rehearsal, &mut run);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_and_a_pipe_are_refused() {
    let rehearsal = Rehearsal::start(12, 1);
    let file = rehearsal.file("plugins/entra-default.wasm");
    let elsewhere = tempfile::tempdir().expect("a temporary folder can be made");
    let outside = elsewhere.path().join("rules.wasm");
    fs::rename(&file, &outside)
        .or_else(|_| fs::copy(&file, &outside).map(drop))
        .expect("the file can be moved");
    fs::remove_file(&file).ok();
    std::os::unix::fs::symlink(&outside, &file).expect("a link can be made");
    let told = rehearsal.refuses(2, &["sync"]);
    assert!(told.contains("leads out of the project"), "{told}");
    fs::remove_file(&file).expect("the link can be removed");
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.expect("mkfifo runs").success());
    let told = rehearsal.refuses(2, &["sync"]);
    assert!(told.contains("rules are regular files"), "{told}");
}
