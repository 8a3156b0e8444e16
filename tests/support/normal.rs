//! Messages without what differs from run to run, so that they can be compared.

use std::path::Path;

/// Returns a text with its folder, addresses, ids, hashes, times and durations named instead of
/// written out.
pub(crate) fn normal(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[project]");
    let mut normal = String::new();
    let mut word = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_alphanumeric() || "-.:".contains(character) {
            word.push(character);
        } else {
            normal.push_str(&named(&word));
            word.clear();
            normal.push(character);
        }
    }
    normal.pop();
    // Each operating system words its errors in its own way.
    while let Some(end) = normal.find(" (os error ") {
        let begin = normal[..end].rfind(": ").map_or(0, |colon| colon + 2);
        let rest = normal[end..]
            .find(')')
            .map_or(normal.len(), |close| end + close + 1);
        normal.replace_range(begin..rest, "[system error]");
    }
    let normal = durations(&normal);
    normal.replace("[date] [time]", "[time]")
}

fn named(word: &str) -> String {
    // What ends a sentence is no part of its last word.
    let bare = word.trim_end_matches(['.', ':']);
    let rest = &word[bare.len()..];
    let name = if looks_like(bare, "########-####-####-####-############") {
        "[id]"
    } else if looks_like(bare, "############") && bare.contains(|c: char| c.is_ascii_digit()) {
        "[hash]"
    } else if looks_like(bare, "9999-99-99") {
        "[date]"
    } else if looks_like(bare, "99:99:99") || bare.starts_with("2") && bare.ends_with('Z') {
        "[time]"
    } else if let Some(port) = bare.strip_prefix("127.0.0.1:")
        && port.parse::<u16>().is_ok()
    {
        "127.0.0.1:[port]"
    } else {
        return word.to_owned();
    };
    format!("{name}{rest}")
}

/// Whether a word has a form: `#` stands for a lowercase hexadecimal digit, `9` for a digit.
fn looks_like(word: &str, form: &str) -> bool {
    word.len() == form.len()
        && word
            .chars()
            .zip(form.chars())
            .all(|(character, form)| match form {
                '#' => matches!(character, '0'..='9' | 'a'..='f'),
                '9' => character.is_ascii_digit(),
                other => character == other,
            })
}

/// Replaces `1.2 s` and its like.
fn durations(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let unit = word
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        match words.last_mut() {
            Some(last) if (unit == "ms" || unit == "s") && last.parse::<f64>().is_ok() => {
                *last = format!("[duration]{}", &word[unit.len()..]);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}
