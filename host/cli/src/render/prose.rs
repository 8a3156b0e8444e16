//! Sentences on a terminal: broken between words, with what follows set in from the first line.

use unicode_width::UnicodeWidthStr as _;

/// Returns a text whose lines are no wider than this, where words permit it; unchanged without a
/// width. `hang` says how much further in than its line a continuation begins.
pub(super) fn wrapped(text: &str, width: Option<usize>, hang: usize) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| wrapped_line(line, width, hang))
        .collect();
    lines.join("\n")
}

fn wrapped_line(line: &str, width: usize, hang: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start().len();
    let inner = " ".repeat(indent + hang);
    let mut wrapped = " ".repeat(indent);
    let mut column = indent;
    let mut begins = true;
    for word in line.split_whitespace() {
        // A word that is wider than a line, as a path, stays whole.
        if !begins && column + 1 + word.width() > width {
            wrapped.push('\n');
            wrapped.push_str(&inner);
            column = inner.len();
            begins = true;
        }
        if !begins {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += word.width();
        begins = false;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_continue_further_in() {
        let text = "error: the file is text\n  short";
        assert_eq!(
            wrapped(text, Some(16), 2),
            "error: the file\n  is text\n  short"
        );
        assert_eq!(wrapped(text, None, 2), text);
    }

    #[test]
    fn a_word_that_fits_nowhere_stays_whole() {
        assert_eq!(
            wrapped("see /a/very/long/path now", Some(10), 0),
            "see\n/a/very/long/path\nnow"
        );
    }
}
