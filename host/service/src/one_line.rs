//! An error with its causes in one line, nothing of it twice.

use std::error::Error;

/// Returns an error with its causes, in one line. What a cause repeats of the text before it is left
/// out: transparent wrappers say what their cause says, and both ends of a failed request name it.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = String::new();
    let mut before = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        // As in `file is not a database` and `Error code 26: file is not a database`.
        let repeats = !before.is_empty() && (line.ends_with(&text) || text.ends_with(&before));
        if !repeats {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(without_subject(&before, &text));
            before = text;
        }
        next = cause.source();
    }
    line
}

/// Returns a text without the request that it begins with as the text before it does, as in
/// `GET host/path (tenant x) was refused`.
fn without_subject<'a>(before: &str, text: &'a str) -> &'a str {
    match text.split_once(") ") {
        Some((subject, rest)) if before.starts_with(subject) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    #[track_caller]
    fn check(texts: &[&'static str], line: &str) {
        let chain = texts
            .iter()
            .rev()
            .fold(None, |source, text| Some(Box::new(Link { text, source })));
        assert_eq!(one_line(&*chain.expect("there are texts")), line);
    }

    #[test]
    fn nothing_is_said_twice() {
        check(
            &["cannot read x", "no such file"],
            "cannot read x: no such file",
        );
        check(
            &["the store failed", "the store failed"],
            "the store failed",
        );
        check(
            &["a", "is no store", "code 26: is no store"],
            "a: is no store",
        );
        check(
            &[
                "GET g/users (tenant t) got no answer",
                "GET g/users (tenant t) was refused with 503",
            ],
            "GET g/users (tenant t) got no answer: was refused with 503",
        );
    }
}
