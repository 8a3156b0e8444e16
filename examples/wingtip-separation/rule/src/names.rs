//! What people are called in addresses: given name and surname in plain letters, numbered where others
//! are called the same.
//!
//! One person gives one list of candidates, always. Which of them is free is for the host to say.

/// The longest name before the `@` that Graph takes.
const LENGTH_MAX: usize = 64;

/// How many namesakes are told apart.
const NAMESAKES_MAX: u32 = 12;

/// Returns the names that a person may get, best first: `anna.berg`, `anna.berg2` and so on. Who has no
/// given name or surname that can be written keeps the name before the `@` of `principal_name`.
pub fn candidates(
    given: Option<&str>,
    surname: Option<&str>,
    principal_name: Option<&str>,
) -> Vec<String> {
    let full = [given, surname].map(|part| plain(part.unwrap_or_default()));
    let [given, surname] = &full;
    let best = if given.is_empty() || surname.is_empty() {
        let (local, _) = principal_name
            .unwrap_or_default()
            .split_once('@')
            .unwrap_or_default();
        let parts = local.split('.').map(plain).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(".")
    } else {
        format!("{given}.{surname}")
    };
    if best.is_empty() {
        return Vec::new();
    }
    let numbered = (2..=NAMESAKES_MAX).map(|number| with_end(&best, &number.to_string()));
    std::iter::once(with_end(&best, ""))
        .chain(numbered)
        .collect()
}

/// Returns a name in small plain letters, digits and hyphens. What cannot be written so falls out.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match german(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push_str(deunicode::deunicode_char(letter).unwrap_or_default()),
        }
    }
    plain.retain(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    plain.make_ascii_lowercase();
    plain.trim_matches('-').to_owned()
}

/// In a German name an umlaut is written out: Jürgen is juergen, never jurgen. The table of the library
/// knows letters and no languages.
fn german(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' | 'Ä' => "ae",
        'ö' | 'Ö' => "oe",
        'ü' | 'Ü' => "ue",
        'ß' | 'ẞ' => "ss",
        _ => return None,
    })
}

/// Returns the name with this end, cut so that both fit.
fn with_end(name: &str, end: &str) -> String {
    // Only ASCII is left, so that any cut is between letters.
    let room = LENGTH_MAX - end.len();
    let name = name
        .get(..room)
        .unwrap_or(name)
        .trim_end_matches(['.', '-']);
    format!("{name}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, surname: &str, name: &str) {
        let candidates = candidates(Some(given), Some(surname), None);
        assert_eq!(candidates[0], name);
        assert_eq!(candidates[1], format!("{name}2"));
        assert_eq!(candidates.len(), 12);
    }

    #[test]
    fn names_are_written_in_plain_letters_the_same_way_each_time() {
        check("Anna", "Berg", "anna.berg");
        check("Jürgen", "Groß", "juergen.gross");
        check("Åsa", "Söderström", "asa.soederstroem");
        check("Łukasz", "Żółć", "lukasz.zolc");
        check("Γιώργος", "Παππάς", "giorgos.pappas");
        check("Олена", "Шевченко", "olena.shevchenko");
        check("Miles", "O'Neil", "miles.oneil");
        check("Anne-Marie", "van der Berg", "anne-marie.vanderberg");
        check("Þór", "Guðmundsson", "thor.gudmundsson");
    }

    #[test]
    fn who_has_no_full_name_keeps_the_one_in_the_principal_name() {
        let of = |given, surname, name| candidates(given, surname, Some(name)).first().cloned();
        let support = of(None, None, "Support.Desk@contoso.com");
        assert_eq!(support.as_deref(), Some("support.desk"));
        let cher = of(Some("Cher"), None, "cher@contoso.com");
        assert_eq!(cher.as_deref(), Some("cher"));
        assert_eq!(of(None, None, "@contoso.com"), None);
    }

    #[test]
    fn the_longest_name_has_room_for_its_number() {
        let candidates = candidates(Some(&"a".repeat(40)), Some(&"b".repeat(40)), None);
        assert!(
            candidates.iter().all(|name| name.len() == 64),
            "{candidates:?}"
        );
        assert!(candidates[11].ends_with("b12"));
    }
}
