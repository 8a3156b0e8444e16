//! Batches: any number of rows as calls of the permitted size, and failures traced to single rows.

use std::ops::Range;

use crate::{call::Attempt, failure::Failure, limits::Limits, patience::Patience};

/// Asks about rows of these sizes in bytes; `call` is asked for one range of them at a time, with the
/// fuel that it may take. Returns one answer a row, in order.
///
/// A batch that fails is split in halves until the row at fault stands alone, so that a row's answer
/// never depends on its neighbours, and what is kept is the error of the row's own call. Only a row
/// that was given all the fuel of a call, alone, is too expensive; parts of a batch get less, since
/// looking for the row would else cost ten times what the row does.
pub(crate) fn ask<Answer>(
    limits: &Limits,
    patience: &Patience,
    sizes: &[usize],
    call: impl FnMut(Range<usize>, u64) -> Attempt<Answer>,
) -> Vec<Result<Answer, Failure>> {
    let mut asking = Asking {
        limits,
        patience,
        call,
        answers: Vec::with_capacity(sizes.len()),
        rows: 0,
        hurried_left: 0,
    };
    let mut start = 0;
    while let Some(&size) = sizes.get(start) {
        if size > limits.bytes_max {
            asking.answers.push(Err(Failure::RowTooLarge));
            start += 1;
            continue;
        }
        let mut end = start;
        let mut bytes = 0;
        while end < sizes.len() && end - start < limits.rows_max.max(1) {
            bytes += sizes[end];
            if bytes > limits.bytes_max {
                break;
            }
            end += 1;
        }
        asking.rows = u64::try_from(end - start).unwrap_or(u64::MAX);
        asking.hurried_left = limits.fuel_per_batch_hurried;
        asking.ask(start..end);
        start = end;
    }
    asking.answers
}

struct Asking<'a, Answer, Call> {
    limits: &'a Limits,
    patience: &'a Patience,
    call: Call,
    answers: Vec<Result<Answer, Failure>>,
    /// The number of rows of the current batch.
    rows: u64,
    /// What failed calls of the current batch may still burn where patience has run out.
    hurried_left: u64,
}

/// What a call may take.
#[derive(Clone, Copy)]
struct Allotted {
    fuel_max: u64,
    /// Whether it comes from the batch's own little, since patience does not allow a failure.
    is_hurried: bool,
}

impl<Answer, Call: FnMut(Range<usize>, u64) -> Attempt<Answer>> Asking<'_, Answer, Call> {
    fn ask(&mut self, rows: Range<usize>) {
        let Some(allotted) = self.allot(&rows) else {
            return self.hold(rows, &Failure::NotTried);
        };
        let failure = match self.call(rows.clone(), allotted) {
            Ok(answers) => return self.answers.extend(answers.into_iter().map(Ok)),
            Err(failure) => failure,
        };
        match failure {
            // The rule decided so about the call; asking again row by row would be second-guessing.
            Failure::Refused(_) => self.hold(rows, &failure),
            _ if rows.len() > 1 => {
                let middle = rows.start + rows.len() / 2;
                self.ask(rows.start..middle);
                self.ask(middle..rows.end);
            }
            Failure::TooExpensive if allotted.fuel_max < self.limits.fuel_per_call => {
                self.hold(rows, &Failure::NotTried);
            }
            // The one failure that the row need not be to blame for.
            Failure::TooSlow => match self.call(rows.clone(), allotted) {
                Ok(answers) => self.answers.extend(answers.into_iter().map(Ok)),
                Err(failure) => self.hold(rows, &failure),
            },
            _ => self.hold(rows, &failure),
        }
    }

    fn call(&mut self, rows: Range<usize>, allotted: Allotted) -> Result<Vec<Answer>, Failure> {
        let Attempt { answers, fuel } = (self.call)(rows, allotted.fuel_max);
        match &answers {
            Ok(_) => self.patience.regain(fuel),
            // A call that the rule refused is one that it answered.
            Err(Failure::Refused(_)) => {}
            Err(_) if allotted.is_hurried => {
                self.hurried_left = self.hurried_left.saturating_sub(fuel);
            }
            Err(_) => self.patience.spend(fuel),
        }
        answers
    }

    /// Returns what a call for these rows may take; nothing where nothing is left.
    fn allot(&self, rows: &Range<usize>) -> Option<Allotted> {
        let fuel_max = self.share(rows);
        if self.patience.allows(fuel_max) {
            return Some(Allotted {
                fuel_max,
                is_hurried: false,
            });
        }
        let hurried = self.limits.fuel_per_call_hurried.min(self.hurried_left);
        (hurried > 0).then_some(Allotted {
            fuel_max: hurried.min(fuel_max),
            is_hurried: true,
        })
    }

    fn share(&self, rows: &Range<usize>) -> u64 {
        let full = self.limits.fuel_per_call;
        let part = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if part == 1 || part == self.rows {
            return full;
        }
        // Twice its share, so that a batch which is merely large has halves that fit.
        let share = u128::from(full) * 2 * u128::from(part) / u128::from(self.rows.max(1));
        u64::try_from(share)
            .unwrap_or(u64::MAX)
            .clamp(full / 64, full)
    }

    fn hold(&mut self, rows: Range<usize>, failure: &Failure) {
        self.answers.extend(rows.map(|_| Err(failure.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            rows_max: 8,
            bytes_max: 100,
            fuel_per_call: 1_000,
            fuel_per_call_hurried: 50,
            fuel_per_batch_hurried: 250,
            ..Limits::default()
        }
    }

    fn ask<Answer>(
        sizes: &[usize],
        call: impl FnMut(Range<usize>, u64) -> Attempt<Answer>,
    ) -> Vec<Result<Answer, Failure>> {
        super::ask(&limits(), &Patience::new(u64::MAX), sizes, call)
    }

    fn answered(rows: Range<usize>) -> Attempt<usize> {
        Attempt {
            answers: Ok(rows.collect()),
            fuel: 1,
        }
    }

    fn failed(failure: Failure, fuel: u64) -> Attempt<usize> {
        Attempt {
            answers: Err(failure),
            fuel,
        }
    }

    /// Answers for rows that take one unit of fuel each, except for these, which never end.
    fn looping(loops: &[usize], rows: Range<usize>, fuel: u64) -> Attempt<usize> {
        if loops.iter().any(|row| rows.contains(row)) || rows.len() as u64 > fuel {
            failed(Failure::TooExpensive, fuel)
        } else {
            answered(rows)
        }
    }

    #[test]
    fn rows_are_asked_about_in_calls_of_the_permitted_rows_and_bytes() {
        let mut calls = Vec::new();
        let sizes = [vec![1; 10], vec![60, 60, 101, 40, 60]].concat();
        let answers = ask(&sizes, |rows, fuel| {
            assert_eq!(fuel, 1_000, "each is a batch of its own");
            calls.push(rows.clone());
            answered(rows)
        });
        assert_eq!(calls, [0..8, 8..11, 11..12, 13..15]);
        assert_eq!(answers.len(), sizes.len());
        assert_eq!(answers[12], Err(Failure::RowTooLarge));
        assert!(
            answers
                .iter()
                .enumerate()
                .all(|(row, answer)| row == 12 || *answer == Ok(row))
        );
    }

    #[test]
    fn only_the_row_at_fault_fails_and_with_the_error_of_its_own_call() {
        let answers = ask(&[1; 8], |rows, _| {
            if rows.contains(&5) {
                failed(Failure::Trapped(format!("{} rows", rows.len())), 1)
            } else {
                answered(rows)
            }
        });
        for (row, answer) in answers.into_iter().enumerate() {
            let wanted = if row == 5 {
                Err(Failure::Trapped("1 rows".into()))
            } else {
                Ok(row)
            };
            assert_eq!(answer, wanted);
        }
    }

    #[test]
    fn a_refusal_of_the_whole_call_is_not_asked_again() {
        let mut calls = 0;
        let reason = syncline_directory::Reason::new("NoTable", "the table of regions is empty");
        let answers = ask(&[1; 8], |_, _| {
            calls += 1;
            failed(Failure::Refused(reason.clone()), 1)
        });
        assert_eq!(calls, 1);
        assert!(
            answers
                .iter()
                .all(|answer| *answer == Err(Failure::Refused(reason.clone())))
        );
    }

    #[test]
    fn an_interrupted_row_is_asked_once_more_alone() {
        let mut calls = Vec::new();
        let answers = ask(&[1; 2], |rows, _| {
            calls.push(rows.clone());
            if calls.len() < 3 {
                failed(Failure::TooSlow, 1)
            } else {
                answered(rows)
            }
        });
        assert_eq!(calls, [0..2, 0..1, 0..1, 1..2]);
        assert_eq!(answers, [Ok(0), Ok(1)]);
    }

    #[test]
    fn a_row_that_loops_is_found_for_less_than_a_call_a_step_and_only_it_fails() {
        let mut fuels = Vec::new();
        let answers = ask(&[1; 8], |rows, fuel| {
            let attempt = looping(&[6], rows, fuel);
            if attempt.answers.is_err() {
                fuels.push(fuel);
            }
            attempt
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
        assert_eq!(answers[6], Err(Failure::TooExpensive));
        // All eight, four of them, two of them, and the row alone.
        assert_eq!(fuels, [1_000, 1_000, 500, 1_000]);
    }

    #[test]
    fn a_batch_that_is_merely_expensive_is_answered_in_parts() {
        let each = 200;
        let answers = ask(&[1; 8], |rows, fuel| {
            let cost = each * rows.len() as u64;
            if cost > fuel {
                failed(Failure::TooExpensive, fuel)
            } else {
                answered(rows)
            }
        });
        assert!(answers.iter().all(Result::is_ok));
    }

    #[test]
    fn where_patience_has_run_out_rows_are_asked_in_a_hurry_and_none_is_condemned() {
        let patience = Patience::new(1_000);
        let loops: Vec<usize> = (0..8).collect();
        let mut burnt = 0;
        let answers = super::ask(&limits(), &patience, &[1; 24], |rows, fuel| {
            let attempt = looping(&[loops.as_slice(), &[20]].concat(), rows, fuel);
            if attempt.answers.is_err() {
                burnt += fuel;
            }
            attempt
        });
        assert!(answers[..8].iter().all(|a| *a == Err(Failure::NotTried)));
        // The next batch has nothing wrong, and of the one after only the row that loops is held.
        for (row, answer) in answers.iter().enumerate().skip(8) {
            let wanted = if row == 20 {
                Err(Failure::NotTried)
            } else {
                Ok(row)
            };
            assert_eq!(*answer, wanted);
        }
        // One call in full, and at most the hurried share of two batches.
        assert!(burnt <= 1_000 + 2 * 250, "{burnt}");
    }

    #[test]
    fn calls_that_succeed_give_back_what_they_took() {
        let patience = Patience::new(1_000);
        patience.spend(600);
        super::ask(&limits(), &patience, &[1; 8], |rows, _| Attempt {
            fuel: 500,
            ..answered(rows)
        });
        assert!(patience.allows(900) && !patience.allows(901));
        super::ask(&limits(), &patience, &[1; 8], |rows, _| Attempt {
            fuel: 500,
            ..answered(rows)
        });
        assert!(patience.allows(1_000), "it is what it began with");
        assert!(!patience.allows(1_001), "and never more");
    }
}
