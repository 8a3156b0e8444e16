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
    };
    let filter = reader.or().ok_or_else(|| invalid(text))?;
    if reader.at == reader.tokens.len() {
        Ok(filter)
    } else {
        Err(invalid(text))
    }
}

fn invalid(text: &str) -> GraphError {
    if text.contains(" ne ") || text.trim_start().starts_with("not") {
        return GraphError::unsupported_query(
            "Operator 'Not' is not supported because the 'ConsistencyLevel:eventual' header and \
             the '$count=true' query parameter are missing, or this resource does not support it.",
        );
    }
    GraphError::unsupported_query("Invalid filter clause: the filter could not be read.")
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
}

/// How deep parentheses may nest; nobody needs more, and recursion must end.
const DEPTH_MAX: usize = 20;

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
            return Some(Filter::Property(name, operator, literal));
        }
        if let Some(name) = word.strip_suffix("/any") {
            return self.any(name);
        }
        if self.word("in") {
            return self.list(&word);
        }
        let operator = self.operator()?;
        Some(Filter::Property(word, operator, self.literal()?))
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
                Token::Close => return Some(joined(parts, Filter::Any)),
                _ => return None,
            }
        }
    }

    /// Reads `(p:p eq 'x')` or `(p:startsWith(p,'x'))`, several joined by `or`.
    fn any(&mut self, name: &str) -> Option<Filter> {
        self.take(&Token::Open)?;
        let Token::Word(variable) = self.next()? else {
            return None;
        };
        self.take(&Token::Colon)?;
        let mut parts = Vec::new();
        loop {
            let Token::Word(word) = self.next()? else {
                return None;
            };
            let (operator, literal) = if let Some(operator) = function(&word) {
                self.take(&Token::Open)?;
                self.take(&Token::Word(variable.clone()))?;
                self.take(&Token::Comma)?;
                let literal = self.literal()?;
                self.take(&Token::Close)?;
                (operator, literal)
            } else if word == variable {
                (self.operator()?, self.literal()?)
            } else {
                return None;
            };
            parts.push(Filter::Item(name.to_owned(), operator, literal));
            if !self.word("or") {
                break;
            }
        }
        self.take(&Token::Close)?;
        Some(joined(parts, Filter::Any))
    }

    fn operator(&mut self) -> Option<Operator> {
        let Token::Word(word) = self.next()? else {
            return None;
        };
        match word.to_ascii_lowercase().as_str() {
            "eq" => Some(Operator::Equal),
            "ge" => Some(Operator::AtLeast),
            "le" => Some(Operator::AtMost),
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
        _ => None,
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
