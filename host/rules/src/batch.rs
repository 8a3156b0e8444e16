//! Batches: any number of rows as calls of the permitted size, and failures traced to single rows.

use std::ops::Range;

use crate::{call::Attempt, failure::Failure, limits::Limits};

/// Asks about rows of these sizes in bytes; `call` is asked for one range of them at a time. Returns
/// one answer a row, in order.
///
/// A batch that fails is split in halves until the row at fault stands alone, so that a row's answer
/// never depends on its neighbours, and what is kept is the error of the row's own call.
pub(crate) fn ask<Answer>(
    limits: &Limits,
    sizes: &[usize],
    call: impl FnMut(Range<usize>) -> Attempt<Answer>,
) -> Vec<Result<Answer, Failure>> {
    let mut asking = Asking {
        limits,
        call,
        answers: Vec::with_capacity(sizes.len()),
        fuel_failed: 0,
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
        asking.fuel_failed = 0;
        asking.ask(start..end);
        start = end;
    }
    asking.answers
}

struct Asking<'a, Answer, Call> {
    limits: &'a Limits,
    call: Call,
    answers: Vec<Result<Answer, Failure>>,
    /// What the failed calls of the current batch have burnt.
    fuel_failed: u64,
}

impl<Answer, Call: FnMut(Range<usize>) -> Attempt<Answer>> Asking<'_, Answer, Call> {
    fn ask(&mut self, rows: Range<usize>) {
        if self.fuel_failed >= self.limits.fuel_per_batch_failed {
            return self.hold(rows, &Failure::NotTried);
        }
        let Attempt { answers, fuel } = (self.call)(rows.clone());
        let failure = match answers {
            Ok(answers) => return self.answers.extend(answers.into_iter().map(Ok)),
            Err(failure) => failure,
        };
        self.fuel_failed = self.fuel_failed.saturating_add(fuel);
        match failure {
            // The rule decided so about the call; asking again row by row would be second-guessing.
            Failure::Refused(_) => self.hold(rows, &failure),
            _ if rows.len() > 1 => {
                let middle = rows.start + rows.len() / 2;
                self.ask(rows.start..middle);
                self.ask(middle..rows.end);
            }
            // The one failure that the row need not be to blame for.
            Failure::TooSlow => {
                let Attempt { answers, .. } = (self.call)(rows.clone());
                match answers {
                    Ok(answers) => self.answers.extend(answers.into_iter().map(Ok)),
                    Err(failure) => self.hold(rows, &failure),
                }
            }
            _ => self.hold(rows, &failure),
        }
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
            fuel_per_batch_failed: 1_000,
            ..Limits::default()
        }
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

    #[test]
    fn rows_are_asked_about_in_calls_of_the_permitted_rows_and_bytes() {
        let mut calls = Vec::new();
        let sizes = [vec![1; 10], vec![60, 60, 101, 40, 60]].concat();
        let answers = ask(&limits(), &sizes, |rows| {
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
        let answers = ask(&limits(), &[1; 8], |rows| {
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
        let answers = ask(&limits(), &[1; 8], |_| {
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
        let answers = ask(&limits(), &[1; 2], |rows| {
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
    fn a_batch_that_burns_too_much_is_given_up_and_the_next_one_is_asked() {
        let mut calls = 0;
        let answers = ask(&limits(), &[1; 16], |rows| {
            calls += 1;
            if rows.start < 8 {
                failed(Failure::TooExpensive, 400)
            } else {
                answered(rows)
            }
        });
        assert_eq!(calls, 4);
        assert!(answers[..8].iter().all(
            |answer| *answer == Err(Failure::NotTried) || *answer == Err(Failure::TooExpensive)
        ));
        assert_eq!(answers[15], Ok(15));
    }
}
