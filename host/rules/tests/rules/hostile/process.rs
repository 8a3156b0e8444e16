//! What would end a process rather than a call, tried in a process of its own.

#![expect(
    clippy::print_stdout,
    reason = "the test that started the process reads what it says"
)]

use std::{env, process::Command, thread};

use syncline_directory::Outcome;
use syncline_rules::codes;

use crate::guest::{Guest, context, generation, mapping_rows};

/// Says which of the trials the process is for.
const TRIAL: &str = "SYNCLINE_HOSTILE_TRIAL";

/// The smallest stack of a thread that calls rules: the runtime's own threads.
const STACK: usize = 2 << 20;

/// Runs a trial in a process of its own; returns what it printed. It must end well.
#[track_caller]
fn tried(trial: &str) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "hostile::process::trial",
            "--ignored",
            "--nocapture",
        ])
        .env(TRIAL, trial)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{trial}: {}: {said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
#[ignore = "the other tests of this module start it, each in a process of its own"]
fn trial() {
    match env::var(TRIAL).as_deref() {
        Ok("recursion") => recursion(),
        Ok("memory") => memory(),
        _ => {}
    }
}

#[test]
fn law_11_endless_recursion_is_a_trap_also_on_the_smallest_stack() {
    assert!(tried("recursion").contains("held and alive"));
}

fn recursion() {
    // Each of them in the depth of a call, where the most of the stack is used up already.
    let guest = Guest {
        more: "(func $deep (param v128 i64) (call $deep (local.get 0) (local.get 1)))",
        ..Guest::default()
    };
    let generation = generation(&guest);
    let calls = thread::Builder::new().stack_size(STACK).spawn(move || {
        for _ in 0..20 {
            let outcomes = generation.map(&context(), &mapping_rows(&["|", "good"]));
            assert!(matches!(&outcomes[0], Outcome::Hold(reason) if reason.code == codes::TRAPPED));
            assert!(matches!(&outcomes[1], Outcome::Write(_)));
        }
        println!("held and alive");
    });
    calls.unwrap().join().unwrap();
}

/// The most memory that was resident at a time, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes << 10
}

#[cfg(not(target_os = "linux"))]
fn peak() -> u64 {
    0
}

#[test]
fn law_11_a_rule_that_wants_all_memory_gets_its_own_and_little_of_the_hosts() {
    let said = tried("memory");
    let (_, rest) = said.split_once("grew by ").unwrap();
    let bytes: u64 = rest.split_once(' ').unwrap().0.parse().unwrap();
    let memory_max = 64 << 20;
    assert!(bytes <= memory_max + (64 << 20), "{bytes} bytes");
}

fn memory() {
    let generation = generation(&Guest::default());
    let good = generation.map(&context(), &mapping_rows(&["good"; 512]));
    assert!(matches!(&good[0], Outcome::Write(_)));
    let before = peak();
    for _ in 0..3 {
        for marker in ["^", "}", "*", "/", "\\", ">", ";", "|", "!"] {
            let texts = [vec!["good"; 20], vec![marker], vec!["good"; 20]].concat();
            let outcomes = generation.map(&context(), &mapping_rows(&texts));
            assert!(matches!(&outcomes[20], Outcome::Hold(_)), "{marker}");
            assert!(matches!(&outcomes[40], Outcome::Write(_)), "{marker}");
        }
    }
    println!("grew by {} bytes", peak() - before);
}
