//! Aligned columns. Wide and combining characters count as they are shown; on a terminal a table is
//! no wider than the terminal, in a pipe nothing is cut.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{prose::wrapped, terminal::width_of_results};

/// Spaces between two columns.
const GAP: usize = 2;

/// A column is not cut to less than this while another is wider.
const COLUMN_MIN: usize = 8;

/// Returns rows under a header as aligned columns, without lines, cut to the terminal.
pub(crate) fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    fitted(header, rows, width_of_results())
}

/// Returns named texts, a name a line; a text that is too long goes on under itself.
pub(crate) fn named(rows: &[(&str, String)]) -> String {
    named_within(rows, width_of_results())
}

fn named_within(rows: &[(&str, String)], width: Option<usize>) -> String {
    let names = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let left = width.map(|width| width.saturating_sub(names + GAP).max(COLUMN_MIN));
    let indent = " ".repeat(names + GAP);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, text)| {
            let pad = " ".repeat(names - name.width() + GAP);
            let text = wrapped(&plain(text), left, 0).replace('\n', &format!("\n{indent}"));
            format!("{name}{pad}{text}")
        })
        .collect();
    lines.join("\n")
}

fn fitted(header: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let mut rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    if let Some(width) = width {
        let columns = columns(header, &rows, width);
        for row in &mut rows {
            for (cell, column) in row.iter_mut().zip(&columns) {
                cut(cell, *column);
            }
        }
    }
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    for row in rows {
        table.add_row(row);
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// Returns how wide each column may be, so that all of them fit: the widest gives first.
fn columns(header: &[&str], rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let count = rows
        .iter()
        .map(Vec::len)
        .chain([header.len()])
        .max()
        .unwrap_or(0);
    let mut columns: Vec<usize> = (0..count)
        .map(|place| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(place))
                .map(|cell| cell.width());
            cells
                .chain(header.get(place).map(|name| name.width()))
                .max()
                .unwrap_or(0)
        })
        .collect();
    loop {
        let total = columns.iter().sum::<usize>() + GAP * count.saturating_sub(1);
        let Some(excess) = total.checked_sub(width).filter(|excess| *excess > 0) else {
            break;
        };
        // The last of the widest, since what a row is about stands first.
        let Some(widest) = (0..count)
            .rev()
            .max_by_key(|place| (columns[*place], *place))
        else {
            break;
        };
        let next = columns
            .iter()
            .copied()
            .filter(|other| *other < columns[widest])
            .max();
        let least = next.unwrap_or(0).max(COLUMN_MIN);
        if columns[widest] <= COLUMN_MIN {
            break;
        }
        columns[widest] = columns[widest]
            .saturating_sub(excess)
            .max(least.min(columns[widest] - 1));
    }
    columns
}

/// Cuts a cell to so many columns, and shows that it was cut.
fn cut(cell: &mut String, width: usize) {
    if cell.width() <= width {
        return;
    }
    let mut shown = 0;
    let end = cell
        .char_indices()
        .find(|(_, character)| {
            shown += character.width().unwrap_or(0);
            shown > width.saturating_sub(1)
        })
        .map_or(cell.len(), |(place, _)| place);
    cell.truncate(end);
    cell.push('…');
}

/// Returns a cell without what could move the cursor or change the terminal: values come from
/// tenants and rules.
pub(crate) fn plain(cell: &str) -> String {
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
        let rows = [
            vec!["李小龙".to_owned(), "1".to_owned()],
            vec!["Ann".to_owned(), "22".to_owned()],
        ];
        assert_eq!(
            aligned(&["who", "n"], &rows),
            "who     n\n李小龙  1\nAnn     22"
        );
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal_and_the_widest_column_gives() {
        let rows = [
            vec![
                "update".to_owned(),
                "李小龙@contoso.com".to_owned(),
                "a -> b; c -> d; e -> f".to_owned(),
            ],
            vec![
                "create".to_owned(),
                "ann@contoso.com".to_owned(),
                "short".to_owned(),
            ],
        ];
        let table = fitted(&["action", "object", "what"], &rows, Some(40));
        assert_eq!(
            table,
            "action  object              what\n\
             update  李小龙@contoso.com  a -> b; c -…\n\
             create  ann@contoso.com     short"
        );
        assert!(
            fitted(&[], &rows, None).contains("e -> f"),
            "nothing is cut in a pipe"
        );
    }

    #[test]
    fn a_named_text_goes_on_under_itself() {
        let rows = [
            ("  read", "one two three".to_owned()),
            ("  plan", "none".to_owned()),
        ];
        assert_eq!(
            named_within(&rows, Some(16)),
            "  read  one two\n        three\n  plan  none"
        );
    }

    #[test]
    fn a_value_cannot_drive_the_terminal() {
        assert_eq!(
            aligned(&[], &[vec!["a\u{1b}[31mb\u{202e}c".to_owned()]]),
            "a\u{fffd}[31mb\u{fffd}c"
        );
    }
}
