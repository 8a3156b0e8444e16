//! What can lie in a folder under the name of a rule.

use std::{fs, path::Path};

use syncline_rules::{AdmissionError, FileError, Limits, read_file};

use crate::guest::{Guest, engine};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[track_caller]
fn refused(path: &Path, words: &str) {
    match read_file(path, &Limits::default()).unwrap_err() {
        FileError::Refused(error) => assert!(error.to_string().contains(words), "{error}"),
        FileError::Unreadable(error) => panic!("{error}"),
    }
}

#[track_caller]
fn unreadable(path: &Path) {
    assert!(matches!(
        read_file(path, &Limits::default()).unwrap_err(),
        FileError::Unreadable(_)
    ));
}

#[test]
fn a_file_is_read_whole_and_a_missing_one_said_to_be_missing() {
    let folder = folder();
    let path = folder.path().join("x.wasm");
    unreadable(&path);
    let bytes = Guest::default().build();
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read_file(&path, &Limits::default()).unwrap(), bytes);
}

#[test]
fn law_11_a_folder_in_the_place_of_a_file_is_said_to_be_one() {
    let folder = folder();
    let path = folder.path().join("x.wasm");
    fs::create_dir(&path).unwrap();
    refused(&path, "it is a folder, rules are files");
}

#[test]
fn law_11_a_file_of_a_gigabyte_is_not_read() {
    let folder = folder();
    let path = folder.path().join("x.wasm");
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let size_max = Limits::default().file_size_max;
    match read_file(&path, &Limits::default()).unwrap_err() {
        FileError::Refused(error) => assert_eq!(
            error,
            AdmissionError::Size {
                size: 1 << 30,
                size_max
            }
        ),
        FileError::Unreadable(error) => panic!("{error}"),
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn law_11_a_pipe_that_nobody_writes_into_is_not_waited_for() {
        let folder = folder();
        let path = folder.path().join("x.wasm");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        refused(&path, "it is a pipe, a socket or a device");
    }

    #[test]
    fn law_11_a_device_that_never_ends_and_a_socket_are_not_read() {
        refused(Path::new("/dev/zero"), "it is a pipe, a socket or a device");
        let folder = folder();
        let path = folder.path().join("x.wasm");
        symlink("/dev/zero", &path).unwrap();
        refused(&path, "it is a pipe, a socket or a device");
        let path = folder.path().join("y.wasm");
        let listener = UnixListener::bind(&path).unwrap();
        // A socket cannot be opened at all.
        read_file(&path, &Limits::default()).unwrap_err();
        drop(listener);
    }

    #[test]
    fn a_link_is_what_it_leads_to() {
        let folder = folder();
        let (there, path) = (folder.path().join("there"), folder.path().join("x.wasm"));
        let bytes = Guest::default().build();
        symlink(&there, &path).unwrap();
        unreadable(&path);
        fs::write(&there, &bytes).unwrap();
        assert_eq!(read_file(&path, &Limits::default()).unwrap(), bytes);
        let circle = folder.path().join("circle.wasm");
        symlink(&circle, &circle).unwrap();
        unreadable(&circle);
    }
}

#[test]
fn law_09_a_file_that_changes_while_it_is_judged_changes_nothing() {
    let folder = folder();
    let path = folder.path().join("x.wasm");
    let engine = engine();
    let good = Guest::default().build();
    fs::write(&path, &good).unwrap();
    let bytes = read_file(&path, &Limits::default()).unwrap();
    // In the very place of the old content, as a careless copy does it.
    fs::write(&path, b"something else").unwrap();
    let component = engine.admit(&bytes).unwrap();
    assert_eq!(component.size(), good.len());
    let again = read_file(&path, &Limits::default()).unwrap();
    assert_eq!(engine.admit(&again).unwrap_err().code(), "format");
}
