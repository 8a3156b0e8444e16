//! From text to a filter, by descent.

use super::{Filter, Literal, Operator};
use crate::error::GraphError;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

pub(super) fn parse(text: &str) -> Result<Filter, GraphError> {
    let mut reader = Reader {
        tokens: tokens(text).ok_or_else(|| invalid(text))?,
        at: 0,
        depth: 0,
        variable: None,
    };
    let filter = reader.or().ok_or_else(|| invalid(text))?;
    if reader.at == reader.tokens.len() {
        Ok(filter)
    } else {
        Err(invalid(text))
    }
}

/// Guess: which of OData's many sentences stands for which mistake.
fn invalid(text: &str) -> GraphError {
    GraphError::new(
        http::StatusCode::BAD_REQUEST,
        "BadRequest",
        format!("Invalid filter clause: the filter '{text}' could not be read."),
    )
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            ':' => tokens.push(Token::Colon),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match letters.next()? {
                        // A quote inside a literal is doubled.
                        '\'' if letters.peek() == Some(&'\'') => {
                            letters.next();
                            literal.push('\'');
                        }
                        '\'' => break,
                        other => literal.push(other),
                    }
                }
                tokens.push(Token::Text(literal));
            }
            first => {
                // An instant has colons of its own; a lambda's variable ends at one.
                let instant = first.is_ascii_digit();
                let mut word = String::from(first);
                while let Some(next) = letters.peek() {
                    if " \t(),'".contains(*next) || (*next == ':' && !instant) {
                        break;
                    }
                    word.push(*next);
                    letters.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The variable of the lambda that is being read.
    variable: Option<String>,
}

/// How deep parentheses may nest; nobody needs more, and recursion must end.
const DEPTH_MAX: usize = 20;

/// How many values `in` may list.
const IN_MAX: usize = 15;

impl Reader {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Steps over a word where it comes next.
    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(
            self.tokens.get(self.at),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted)
        );
        if found {
            self.at += 1;
        }
        found
    }

    fn take(&mut self, wanted: &Token) -> Option<()> {
        (self.next().as_ref() == Some(wanted)).then_some(())
    }

    fn or(&mut self) -> Option<Filter> {
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        Some(joined(parts, Filter::Any))
    }

    fn and(&mut self) -> Option<Filter> {
        let mut parts = vec![self.clause()?];
        while self.word("and") {
            parts.push(self.clause()?);
        }
        Some(joined(parts, Filter::All))
    }

    fn clause(&mut self) -> Option<Filter> {
        match self.next()? {
            Token::Open => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return None;
                }
                let inner = self.or()?;
                self.take(&Token::Close)?;
                self.depth -= 1;
                Some(inner)
            }
            Token::Word(word) if word.eq_ignore_ascii_case("not") => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return None;
                }
                let inner = self.clause()?;
                self.depth -= 1;
                Some(Filter::Not(Box::new(inner)))
            }
            Token::Word(word) => self.clause_of(word),
            _ => None,
        }
    }

    fn clause_of(&mut self, word: String) -> Option<Filter> {
        if let Some(operator) = function(&word) {
            self.take(&Token::Open)?;
            let Token::Word(name) = self.next()? else {
                return None;
            };
            self.take(&Token::Comma)?;
            let literal = self.literal()?;
            self.take(&Token::Close)?;
            return Some(Filter::Property(self.plain(name)?, operator, literal));
        }
        if let Some(name) = word.strip_suffix("/any") {
            return self.any(name);
        }
        if let Some(name) = word.strip_suffix("/$count") {
            let (operator, negated) = self.operator()?;
            let count = Filter::Count(name.to_owned(), operator, self.literal()?);
            return Some(unless(negated, count));
        }
        let name = self.plain(word)?;
        if self.word("in") {
            return self.list(&name);
        }
        let (operator, negated) = self.operator()?;
        let compared = Filter::Property(name, operator, self.literal()?);
        Some(unless(negated, compared))
    }

    /// Returns a path without the variable of the lambda it stands in; the variable itself is the
    /// empty path.
    fn plain(&self, path: String) -> Option<String> {
        let Some(variable) = &self.variable else {
            return Some(path);
        };
        let rest = path.strip_prefix(variable.as_str())?;
        match rest.strip_prefix('/') {
            Some(member) => Some(member.to_owned()),
            None => rest.is_empty().then(String::new),
        }
    }

    /// Reads `('a','b')` after `in`.
    fn list(&mut self, name: &str) -> Option<Filter> {
        self.take(&Token::Open)?;
        let mut parts = Vec::new();
        loop {
            let literal = self.literal()?;
            parts.push(Filter::Property(name.to_owned(), Operator::Equal, literal));
            match self.next()? {
                Token::Comma => {}
                // Guess: the usual cap (graph.md 2.9).
                Token::Close if parts.len() > IN_MAX => return None,
                Token::Close => return Some(joined(parts, Filter::Any)),
                _ => return None,
            }
        }
    }

    /// Reads `(p:p eq 'x')`, `(p:startsWith(p,'x'))` or `(a:a/b eq 'x' and a/c eq 'y')`.
    fn any(&mut self, name: &str) -> Option<Filter> {
        self.take(&Token::Open)?;
        let Token::Word(variable) = self.next()? else {
            return None;
        };
        self.take(&Token::Colon)?;
        if self.variable.replace(variable).is_some() {
            return None;
        }
        let inner = self.or()?;
        self.variable = None;
        self.take(&Token::Close)?;
        Some(Filter::Some(name.to_owned(), Box::new(inner)))
    }

    /// Returns the operator, and whether it is negated.
    fn operator(&mut self) -> Option<(Operator, bool)> {
        let Token::Word(word) = self.next()? else {
            return None;
        };
        match word.to_ascii_lowercase().as_str() {
            "eq" => Some((Operator::Equal, false)),
            "ne" => Some((Operator::Equal, true)),
            "ge" => Some((Operator::AtLeast, false)),
            "le" => Some((Operator::AtMost, false)),
            "gt" => Some((Operator::Above, false)),
            "lt" => Some((Operator::Below, false)),
            _ => None,
        }
    }

    fn literal(&mut self) -> Option<Literal> {
        match self.next()? {
            Token::Text(text) => Some(Literal::Text(text)),
            Token::Word(word) => Some(match word.as_str() {
                "true" => Literal::Flag(true),
                "false" => Literal::Flag(false),
                "null" => Literal::Null,
                _ => Literal::Bare(word),
            }),
            _ => None,
        }
    }
}

fn function(word: &str) -> Option<Operator> {
    match word.to_ascii_lowercase().as_str() {
        "startswith" => Some(Operator::StartsWith),
        "endswith" => Some(Operator::EndsWith),
        "contains" => Some(Operator::Contains),
        _ => None,
    }
}

fn unless(negated: bool, filter: Filter) -> Filter {
    if negated {
        Filter::Not(Box::new(filter))
    } else {
        filter
    }
}

/// Returns a single part as it is, several joined.
fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        join(parts)
    }
}
