//! Objects made up to be awkward, within what Graph's schema permits: odd text, longest values, nothing
//! at all, large sets, extreme numbers, and combinations. The same seed makes the same objects.

use fastrand::Rng;
use syncline_directory::{
    AttributeName, ObjectKind, Value,
    schema::{self, Attribute, AttributeType},
};
use syncline_rules::{Generation, MappingRow};

/// Texts that have broken code that handles names: cases that change length, marks that combine,
/// directions, joined emoji, blanks, quotes, what looks like a number or a date.
const ODD: [&str; 38] = [
    "Ångström",
    "A\u{30a}ngstro\u{308}m",
    "İstanbul ıI",
    "Straße GROẞ",
    "ŁÓDŹ",
    "李小龙",
    "남궁지훈",
    "عبد الرحمن",
    "\u{202e}drawkcab",
    "👩🏽\u{200d}🚀 👨\u{200d}👩\u{200d}👧",
    "𝕬𝖓𝖓𝖆",
    "e\u{301}\u{327}\u{323}",
    "\u{feff}mark",
    "zero\u{200b}width",
    " ",
    "  leading",
    "trailing  ",
    "two\nlines",
    "tab\there",
    "O'Brien-Smith",
    "\"quoted\" \\ back",
    "a,b;c|d",
    "50 % & <b>",
    "{{name}} ${x} %s",
    "null",
    "!important",
    "~tilde",
    "^caret",
    "-dash",
    "007",
    "-0",
    "1e400",
    "2026-02-30",
    "\u{10ffff}",
    "\u{fffd}",
    "ﬁ ligature",
    "ΑΣ ας",
    "x",
];

/// Addresses, good and bad.
const ADDRESSES: [&str; 12] = [
    "anna.akesson@contoso.com",
    "O'Neil+tag@contoso.com",
    "ANNA@CONTOSO.COM",
    "anna_example.com#EXT#@contoso.onmicrosoft.com",
    "müller@contoso.com",
    "no-at-sign",
    "two@at@signs",
    "@contoso.com",
    "anna@",
    "a@b",
    "xn--bcher-kva@contoso.com",
    "anna@contoso.onmicrosoft.com",
];

/// Values that Graph gives attributes of these names, so that what a rule does with them is reached.
fn known(name: &str) -> &'static [&'static str] {
    match name {
        "userType" => &["Member", "Guest", "member"],
        "creationType" => &["Invitation", "LocalAccount", "EmailVerified"],
        "externalUserState" => &["PendingAcceptance", "Accepted"],
        "usageLocation" => &["SE", "NO", "de"],
        "preferredLanguage" => &["sv-SE", "en", "zh-Hant-TW"],
        "mail" | "userPrincipalName" | "otherMails" | "onPremisesUserPrincipalName" => &ADDRESSES,
        "proxyAddresses" => &[
            "SMTP:anna@contoso.com",
            "smtp:a.akesson@contoso.com",
            "X500:/o=contoso/cn=anna",
            "sip:anna@contoso.com",
            "smtp:",
        ],
        "country" | "city" | "state" => &["Sverige", "Göteborg", "São Paulo"],
        "department" => &["Sales", "Contractors", "R&D", "People / HR"],
        _ => &["Anna", "Åkesson", "42"],
    }
}

/// How values are chosen for one object.
#[derive(Clone, Copy)]
enum Mood {
    /// As in most tenants.
    Usual,
    /// No value at all.
    Absent,
    /// As long and as many as Graph permits.
    Longest,
    /// Odd text, extreme numbers.
    Odd,
    /// Any of these for each attribute.
    Mixed,
}

/// Returns rows of a kind for what a generation reads: each mood alone, with and without a target, each
/// attribute alone, then mixtures up to `count` rows.
pub(crate) fn rows(
    generation: &Generation,
    kind: ObjectKind,
    seed: u64,
    count: usize,
) -> Vec<MappingRow> {
    let sources = generation.source_columns(kind);
    let targets = generation.target_columns(kind);
    let mut made = Made {
        rng: Rng::with_seed(seed),
        kind,
        rows: Vec::with_capacity(count),
    };
    for source in [Mood::Absent, Mood::Usual, Mood::Longest, Mood::Odd] {
        for target in [
            None,
            Some(Mood::Absent),
            Some(Mood::Usual),
            Some(Mood::Longest),
        ] {
            made.row(sources, source, targets, target);
        }
    }
    for column in 0..sources.len() {
        for mood in [Mood::Absent, Mood::Longest, Mood::Odd] {
            made.row(sources, Mood::Usual, targets, None);
            let value = made.value(&sources[column], mood);
            if let Some(row) = made.rows.last_mut() {
                row.source[column] = value;
            }
        }
    }
    while made.rows.len() < count {
        let target = made.rng.bool().then_some(Mood::Mixed);
        made.row(sources, Mood::Mixed, targets, target);
    }
    made.rows.truncate(count.max(1));
    made.rows
}

/// Returns rows as in most tenants, for measuring.
pub(crate) fn usual_rows(
    generation: &Generation,
    kind: ObjectKind,
    seed: u64,
    count: usize,
) -> Vec<MappingRow> {
    let mut made = Made {
        rng: Rng::with_seed(seed),
        kind,
        rows: Vec::with_capacity(count),
    };
    for _ in 0..count {
        let target = made.rng.bool().then_some(Mood::Usual);
        made.row(
            generation.source_columns(kind),
            Mood::Usual,
            generation.target_columns(kind),
            target,
        );
    }
    made.rows
}

struct Made {
    rng: Rng,
    kind: ObjectKind,
    rows: Vec<MappingRow>,
}

impl Made {
    fn row(
        &mut self,
        sources: &[AttributeName],
        source: Mood,
        targets: &[AttributeName],
        target: Option<Mood>,
    ) {
        let mut values = |columns: &[AttributeName], mood| -> Vec<Value> {
            columns.iter().map(|name| self.value(name, mood)).collect()
        };
        let source = values(sources, source);
        let target = target.map(|mood| values(targets, mood));
        self.rows.push(MappingRow { source, target });
    }

    fn value(&mut self, name: &AttributeName, mood: Mood) -> Value {
        let attribute = schema::attribute(self.kind, name.as_str())
            .or_else(|| schema::attribute(ObjectKind::User, name.as_str()));
        let Some(attribute) = attribute else {
            return Value::Absent;
        };
        let mood = match mood {
            Mood::Mixed => match self.rng.u8(0..8) {
                0 | 1 => Mood::Absent,
                2 => Mood::Longest,
                3 | 4 => Mood::Odd,
                _ => Mood::Usual,
            },
            mood => mood,
        };
        // Even where most is filled in, something is missing.
        if matches!(mood, Mood::Absent) || matches!(mood, Mood::Usual) && self.rng.u8(0..8) == 0 {
            return Value::Absent;
        }
        match attribute.kind {
            AttributeType::Text => Value::Text(self.text(&attribute, name.as_str(), mood)),
            AttributeType::DateTime => Value::Text(self.date(mood).to_owned()),
            AttributeType::Boolean => Value::Boolean(self.rng.bool()),
            AttributeType::Integer => Value::Integer(self.integer(mood)),
            AttributeType::Texts => {
                let count = self.count(&attribute, mood);
                Value::texts((0..count).map(|index| {
                    let text = self.text(&attribute, name.as_str(), mood);
                    fitted(&format!("{text}{index}"), length_max(&attribute))
                }))
            }
            AttributeType::Reference => Value::Reference(self.id()),
            AttributeType::References => {
                let count = self.count(&attribute, mood);
                Value::references((0..count).map(|_| self.id()).collect::<Vec<_>>())
            }
        }
    }

    fn text(&mut self, attribute: &Attribute, name: &str, mood: Mood) -> String {
        let length_max = length_max(attribute);
        let text = match mood {
            Mood::Longest => {
                // Characters of one, two, three and four bytes, which count as one or two to Graph.
                let part = *self.pick(&["x", "é", "字", "👷"]);
                part.repeat(length_max)
            }
            Mood::Odd => {
                let pool = if known(name).iter().any(|known| known.contains('@')) && self.rng.bool()
                {
                    &ADDRESSES[..]
                } else {
                    &ODD[..]
                };
                (*self.pick(pool)).to_owned()
            }
            _ => (*self.pick(known(name))).to_owned(),
        };
        fitted(&text, length_max)
    }

    fn date(&mut self, mood: Mood) -> &'static str {
        match mood {
            Mood::Usual => "2026-11-24T08:00:00Z",
            _ => self.pick::<&'static str>(&[
                "0001-01-01T00:00:00Z",
                "1969-12-31T23:59:59Z",
                "2024-02-29T00:00:00Z",
                "2038-01-19T03:14:08Z",
                "9999-12-31T23:59:59.9999999Z",
            ]),
        }
    }

    fn integer(&mut self, mood: Mood) -> i64 {
        match mood {
            Mood::Usual => self.rng.i64(0..100),
            _ => *self.pick(&[0, -1, i64::MIN, i64::MAX, i64::from(i32::MAX) + 1]),
        }
    }

    /// Returns how many values a set has: one, or as many as Graph holds.
    fn count(&mut self, attribute: &Attribute, mood: Mood) -> usize {
        let count_max = attribute.count_max.unwrap_or(COUNT_MAX).min(COUNT_MAX);
        match mood {
            Mood::Longest => count_max,
            _ => self.rng.usize(1..=count_max.min(3)),
        }
    }

    fn id(&mut self) -> String {
        let (high, low) = (self.rng.u64(..), self.rng.u64(..));
        let hex = format!("{high:016x}{low:016x}");
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        parts.join("-")
    }

    fn pick<'t, T>(&mut self, pool: &'t [T]) -> &'t T {
        &pool[self.rng.usize(..pool.len())]
    }
}

/// Where Graph states no limit, a large set.
const COUNT_MAX: usize = 200;

fn length_max(attribute: &Attribute) -> usize {
    attribute.length_max.unwrap_or(1024)
}

/// Cuts a text to so many UTF-16 code units, as Graph counts; nothing that remains empty is a value.
fn fitted(text: &str, length_max: usize) -> String {
    let mut length = 0;
    let fitted: String = text
        .chars()
        .take_while(|character| {
            length += character.len_utf16();
            length <= length_max
        })
        .collect();
    if fitted.is_empty() {
        "x".to_owned()
    } else {
        fitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(seed: u64) -> Vec<Value> {
        let mut made = Made {
            rng: Rng::with_seed(seed),
            kind: ObjectKind::User,
            rows: Vec::new(),
        };
        let names = schema::attributes(ObjectKind::User);
        let names = names
            .iter()
            .map(|attribute| AttributeName::new(attribute.name));
        let names: Vec<_> = names.collect();
        let mut values = Vec::new();
        for _ in 0..6 {
            for mood in [Mood::Usual, Mood::Longest, Mood::Odd, Mood::Mixed] {
                values.extend(names.iter().map(|name| made.value(name, mood)));
            }
        }
        values
    }

    #[test]
    fn a_seed_makes_the_same_objects_and_another_makes_others() {
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    #[test]
    fn values_are_such_as_graph_could_hold() {
        let names = schema::attributes(ObjectKind::User);
        let mut longest = 0;
        for (index, value) in made(3).iter().enumerate() {
            let attribute = &names[index % names.len()];
            if attribute.access == schema::Access::ReadOnly || value.is_absent() {
                continue;
            }
            schema::check(ObjectKind::User, attribute.name, value)
                .unwrap_or_else(|error| panic!("{error}: {value:?}"));
            if let (Value::Text(text), Some(length_max)) = (value, attribute.length_max) {
                longest += usize::from(text.encode_utf16().count() == length_max);
            }
        }
        assert!(longest > 10, "{longest} values are as long as they can be");
    }
}
