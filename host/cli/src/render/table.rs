//! Aligned columns, the same on a terminal and in a pipe; wide and combining characters count as
//! they are shown.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};

/// Returns rows under a header as aligned columns, without lines.
pub(crate) fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    let lines: Vec<String> =
        table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Returns a cell without what could move the cursor or change the terminal: values come from
/// tenants and rules.
fn plain(cell: &str) -> String {
    cell.chars()
        .map(|character| match character {
            '\n' | '\t' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            control if control.is_control() => '\u{fffd}',
            shown => shown,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_as_they_are_shown() {
        let rows = [vec!["李小龙".to_owned(), "1".to_owned()], vec!["Ann".to_owned(), "22".to_owned()]];
        assert_eq!(aligned(&["who", "n"], &rows), "who     n\n李小龙  1\nAnn     22");
    }

    #[test]
    fn a_value_cannot_drive_the_terminal() {
        assert_eq!(aligned(&[], &[vec!["a\u{1b}[31mb\u{202e}c".to_owned()]]), "a\u{fffd}[31mb\u{fffd}c");
    }
}
