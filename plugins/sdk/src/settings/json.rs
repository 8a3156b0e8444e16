//! JSON, read straight into the author's type.
//!
//! A component has only its settings to read, once, and in a small component `serde_json` with its
//! numbers, positions and messages is a third of the code. This reader says where an error is by
//! the path of the key; floating point is in a component only where its settings have some. Of
//! other small readers `serde-json-core` is the nearest: it takes no untyped values, hence neither
//! `flatten` nor `untagged`, and its errors have no path.

mod inside;
#[cfg(test)]
mod tests;
mod value;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{self, Expected, Unexpected, Visitor},
};

use self::inside::{Entries, Items};
use crate::contract::SettingsError;

/// How deep lists and objects may be nested: each level takes some of the stack.
const DEPTH_MAX: u8 = 100;

/// Returns the value that the whole text is.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, SettingsError> {
    let mut reader = Reader::new(text);
    let read = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| *error.0)
}

/// An error on its way out, whose path grows as it goes. Boxed, so that results stay small.
#[derive(Debug)]
pub(super) struct Error(Box<SettingsError>);

type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    #[cold]
    #[inline(never)]
    fn new(message: fmt::Arguments<'_>) -> Self {
        Self(Box::new(SettingsError {
            path: String::new(),
            message: message.to_string(),
        }))
    }

    #[cold]
    #[inline(never)]
    fn under_key(mut self, key: &str) -> Self {
        let path = &mut self.0.path;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, key);
        self
    }

    #[cold]
    #[inline(never)]
    fn under_index(mut self, index: usize) -> Self {
        let path = &mut self.0.path;
        let dot = if path.is_empty() || path.starts_with('[') {
            ""
        } else {
            "."
        };
        path.insert_str(0, &format!("[{index}]{dot}"));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self::new(format_args!("{message}"))
    }

    // Serde's own words for the next two would bring the formatting of floating point.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!(
            "invalid type: {}, expected {expected}",
            Found(found)
        ))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!(
            "invalid value: {}, expected {expected}",
            Found(found)
        ))
    }
}

/// What was found in place of what was expected.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Bool(true) => "boolean `true`",
            Unexpected::Bool(false) => "boolean `false`",
            Unexpected::Unsigned(number) => return write!(formatter, "integer `{number}`"),
            Unexpected::Signed(number) => return write!(formatter, "integer `{number}`"),
            Unexpected::Char(letter) => return write!(formatter, "character `{letter}`"),
            Unexpected::Str(text) => return write!(formatter, "string `{text}`"),
            Unexpected::Other(other) => other,
            Unexpected::Float(_) => "a number",
            Unexpected::Seq => "a list",
            Unexpected::Map => "an object",
            Unexpected::Bytes(_)
            | Unexpected::NewtypeStruct
            | Unexpected::Enum
            | Unexpected::UnitVariant
            | Unexpected::NewtypeVariant
            | Unexpected::TupleVariant
            | Unexpected::StructVariant => "something else",
        })
    }
}

/// A place in a text.
struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
}

impl<'de> Reader<'de> {
    const fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    #[cold]
    #[inline(never)]
    fn wanted(&self, what: &str) -> Error {
        match self.rest().chars().next() {
            None => Error::new(format_args!("it ends where {what} is expected")),
            Some(found) => Error::new(format_args!(
                "`{found}` at byte {} where {what} is expected",
                self.at
            )),
        }
    }

    /// Returns what is still to be read. Nothing here stops inside of a letter, and if it did, this
    /// would be the end of the text.
    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns what was read since.
    fn since(&self, start: usize) -> &'de str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Returns the next byte.
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the byte after the blanks.
    #[inline(never)]
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// Moves past a mark, if it comes next.
    fn take(&mut self, mark: u8) -> bool {
        let found = self.peek() == Some(mark);
        self.at += usize::from(found);
        found
    }

    fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wanted("the end")),
        }
    }

    /// Moves past a word, of which the first letter is known.
    fn word(&mut self, word: &str) -> Result<()> {
        if !self.rest().starts_with(word) {
            return Err(self.wanted("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Moves past digits, of which there must be one.
    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.wanted("a digit"));
        }
        Ok(())
    }

    /// Moves past a number and returns its text.
    #[inline(never)]
    fn number(&mut self) -> Result<&'de str> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.since(start))
    }

    /// Moves past a text, of which the quotation mark is known.
    #[inline(never)]
    fn string(&mut self) -> Result<Cow<'de, str>> {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let start = self.at;
            while self
                .byte()
                .is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..b' '))
            {
                self.at += 1;
            }
            // Cut at ASCII, so never inside of a letter.
            let part = self.since(start);
            if text.is_empty() {
                text = Cow::Borrowed(part);
            } else {
                text.to_mut().push_str(part);
            }
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.to_mut().push(self.escaped()?);
                }
                _ => return Err(self.wanted("a letter or the end of the text")),
            }
        }
    }

    /// Moves past what follows a backslash.
    fn escaped(&mut self) -> Result<char> {
        let letter = match self.byte() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.wanted("an escape")),
        };
        self.at += 1;
        Ok(letter)
    }

    /// Moves past one or two groups of digits that are one letter in UTF-16.
    fn code_point(&mut self) -> Result<char> {
        let first = self.hexadecimal()?;
        let point = match first {
            0xd800..0xdc00 if self.rest().starts_with("\\u") => {
                self.at += 2;
                let second = self.hexadecimal()?;
                (0xdc00..0xe000)
                    .contains(&second)
                    .then(|| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            }
            _ => Some(first),
        };
        point
            .and_then(char::from_u32)
            .ok_or_else(|| self.wanted("the other half of a letter"))
    }

    fn hexadecimal(&mut self) -> Result<u32> {
        let digits = self.rest().bytes().take(4);
        let digits = digits.map_while(|digit| char::from(digit).to_digit(16));
        let (count, number) = digits.fold((0, 0), |(count, number), digit| {
            (count + 1, number * 16 + digit)
        });
        if count < 4 {
            return Err(self.wanted("four hexadecimal digits"));
        }
        self.at += 4;
        Ok(number)
    }

    /// Returns that the next value is of another sort than expected.
    #[cold]
    #[inline(never)]
    fn mismatch(&mut self, expected: &dyn Expected) -> Error {
        let text;
        let found = match self.peek() {
            Some(b'n') => Unexpected::Unit,
            Some(b't') => Unexpected::Bool(true),
            Some(b'f') => Unexpected::Bool(false),
            Some(b'[') => Unexpected::Seq,
            Some(b'{') => Unexpected::Map,
            Some(b'"') => match self.string() {
                Ok(string) => {
                    text = string;
                    Unexpected::Str(&text)
                }
                Err(error) => return error,
            },
            Some(b'-' | b'0'..=b'9') => match self.number() {
                Ok(number) => {
                    integer(number).map_or(Unexpected::Float(0.0), |number| match number {
                        Integer::Unsigned(number) => Unexpected::Unsigned(number),
                        Integer::Signed(number) => Unexpected::Signed(number),
                    })
                }
                Err(error) => return error,
            },
            _ => return self.wanted("a value"),
        };
        de::Error::invalid_type(found, expected)
    }

    /// Reads a list or an object, up to its closing bracket.
    fn nested<T>(&mut self, close: u8, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.at += 1;
        if self.depth == DEPTH_MAX {
            return Err(Error::new(format_args!("it is nested too deep")));
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        if !self.take(close) {
            return Err(self.wanted("a closing bracket"));
        }
        Ok(value)
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.nested(b']', |reader| {
            visitor.visit_seq(Items {
                reader,
                close: b']',
                count: 0,
            })
        })
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.nested(b'}', |reader| {
            visitor.visit_map(Entries {
                items: Items {
                    reader,
                    close: b'}',
                    count: 0,
                },
                key: Cow::Borrowed(""),
            })
        })
    }

    /// Reads what is not a number.
    fn other<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'"') => visit_text(self.string()?, visitor),
            Some(b'[') => self.list(visitor),
            Some(b'{') => self.object(visitor),
            _ => Err(self.wanted("a value")),
        }
    }

    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if let Some(b'-' | b'0'..=b'9') = self.peek() {
            let start = self.at;
            match integer(self.number()?) {
                Some(Integer::Unsigned(number)) => return visitor.visit_u64(number),
                Some(Integer::Signed(number)) => return visitor.visit_i64(number),
                None => self.at = start,
            }
        }
        Err(self.mismatch(&visitor))
    }

    fn float<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let Some(b'-' | b'0'..=b'9') = self.peek() else {
            return Err(self.mismatch(&visitor));
        };
        match self.number()?.parse() {
            Ok(number) if f64::is_finite(number) => visitor.visit_f64(number),
            _ => Err(Error::new(format_args!("the number is out of range"))),
        }
    }
}

enum Integer {
    Unsigned(u64),
    Signed(i64),
}

/// Returns the whole number that a number's text is, if it is one and not too large.
fn integer(text: &str) -> Option<Integer> {
    // Zero below zero is floating point's own.
    if text == "-0" {
        return None;
    }
    let unsigned = text.parse().map(Integer::Unsigned);
    unsigned.or_else(|_| text.parse().map(Integer::Signed)).ok()
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}
