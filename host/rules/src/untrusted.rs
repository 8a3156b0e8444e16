//! Text that came out of a component, made fit for a log or a terminal.

/// The longest text that is passed on, in bytes. A line of a log.
const LENGTH_MAX: usize = 1024;

/// Returns the text with control, bidirectional and invisible characters escaped, since terminals
/// obey them, cut to a kilobyte.
pub(crate) fn printable(text: &str) -> String {
    shortened(text, LENGTH_MAX)
}

/// Returns the text as [`printable`] does, cut to this many bytes.
pub(crate) fn shortened(text: &str, length_max: usize) -> String {
    let mut printable = String::with_capacity(text.len().min(length_max));
    for character in text.chars() {
        let before = printable.len();
        if is_unfit(character) {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
        if printable.len() > length_max {
            printable.truncate(before);
            printable.push('…');
            break;
        }
    }
    printable
}

fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}'                  // Arabic letter mark
            | '\u{200B}'..='\u{200F}'   // zero width, left-to-right and right-to-left marks
            | '\u{2028}'..='\u{202E}'   // line and paragraph separators, embeddings, overrides
            | '\u{2060}'..='\u{206F}'   // word joiner, isolates, deprecated format characters
            | '\u{FEFF}'                // byte order mark
            | '\u{FFF9}'..='\u{FFFB}'   // interlinear annotation
            | '\u{E0000}'..='\u{E007F}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c"),
            "a\\u{1b}[31mb\\n\\u{202e}c"
        );
        assert_eq!(printable("Müller, 日本"), "Müller, 日本");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let cut = printable(&"ä".repeat(2000));
        assert_eq!(cut.len(), LENGTH_MAX + '…'.len_utf8());
        assert!(cut.ends_with("ä…"));
        assert!(printable(&"\u{1b}".repeat(2000)).len() <= LENGTH_MAX + 3);
    }
}
