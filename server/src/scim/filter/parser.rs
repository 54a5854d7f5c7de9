//! Parses filters and paths. Lenient where directories deviate (case of keywords, unquoted values), strict about
//! nesting.

use super::{AttrPath, Filter, Literal, Op, ParseError, Path};
use crate::scim::schema;

/// The longest filter, in bytes.
const MAX_FILTER_BYTES: usize = 8_192;
/// The deepest nesting of brackets.
const MAX_NESTING: usize = 32;

/// Parses a filter.
///
/// # Errors
/// Returns the position and the problem if the filter is invalid.
pub fn parse_filter(text: &str) -> Result<Filter, ParseError> {
    let mut parser = Parser::new(text)?;
    let filter = parser.or()?;
    parser.end()?;
    Ok(filter)
}

/// Parses the path of a PATCH operation.
///
/// # Errors
/// Returns the position and the problem if the path is invalid.
pub fn parse_path(text: &str) -> Result<Path, ParseError> {
    let mut parser = Parser::new(text)?;
    let attr = parser.attr()?;
    let (mut filter, mut sub) = (None, None);
    if parser.take('[') {
        filter = Some(parser.or()?);
        parser.expect(']')?;
        if parser.take('.') {
            sub = Some(parser.word("the name of a sub-attribute is missing")?.to_owned());
        }
    }
    parser.end()?;
    Ok(Path { attr, filter, sub })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, ParseError> {
        let parser = Self { text, at: 0, depth: 0 };
        if text.len() > MAX_FILTER_BYTES { Err(parser.error("this is too long")) } else { Ok(parser) }
    }

    fn error(&self, problem: &'static str) -> ParseError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        ParseError { at: before.chars().count() + 1, problem }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, one: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(one);
        if found {
            self.at += one.len_utf8();
        }
        found
    }

    fn expect(&mut self, one: char) -> Result<(), ParseError> {
        let problem = if one == ']' { "\"]\" is missing" } else { "\")\" is missing" };
        if self.take(one) { Ok(()) } else { Err(self.error(problem)) }
    }

    fn end(&mut self) -> Result<(), ParseError> {
        self.skip_spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.error("unexpected text")) }
    }

    /// Consumes this word in any case, if it is the next whole word.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(is_name_char);
        if found {
            self.at += word.len();
        }
        found
    }

    fn word(&mut self, problem: &'static str) -> Result<&'a str, ParseError> {
        self.skip_spaces();
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !is_name_char(c)).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.error(problem));
        }
        self.at += word.len();
        Ok(word)
    }

    fn or(&mut self) -> Result<Filter, ParseError> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, ParseError> {
        let mut left = self.term()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Filter, ParseError> {
        let start = self.at;
        if self.take_word("not") {
            if self.take('(') {
                return Ok(Filter::Not(Box::new(self.bracketed(')')?)));
            }
            // It may be the name of an attribute.
            self.at = start;
        }
        if self.take('(') { self.bracketed(')') } else { self.expression() }
    }

    /// Parses up to the closing bracket; the opening one is already consumed.
    fn bracketed(&mut self, close: char) -> Result<Filter, ParseError> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.error("the brackets are nested too deeply"));
        }
        let inner = self.or()?;
        self.expect(close)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn expression(&mut self) -> Result<Filter, ParseError> {
        let attr = self.attr()?;
        if self.take('[') {
            return Ok(Filter::ValuePath(attr, Box::new(self.bracketed(']')?)));
        }
        if self.take_word("pr") {
            return Ok(Filter::Present(attr));
        }
        let op = Op::ALL.iter().find(|(_, word)| self.take_word(word)).map(|(op, _)| *op);
        let op = op.ok_or_else(|| self.error("an operator is expected: eq, ne, co, sw, ew, gt, ge, lt, le or pr"))?;
        let literal = self.literal()?;
        if op.is_ordering() && matches!(literal, Literal::Bool(_)) {
            return Err(self.error("Boolean values have no order"));
        }
        Ok(Filter::Compare(attr, op, literal))
    }

    fn attr(&mut self) -> Result<AttrPath, ParseError> {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|c| !(is_name_char(c) || c == ':' || c == '.')).unwrap_or(rest.len());
        let (schema, name) = schema::split_schema(&rest[..end]);
        let mut parts = name.split('.');
        let attr = AttrPath {
            schema: schema.map(str::to_owned),
            name: parts.next().unwrap_or_default().to_owned(),
            sub: parts.next().map(str::to_owned),
        };
        let named = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$');
        let whole_schema = attr.name.is_empty() && attr.schema.is_some() && attr.sub.is_none();
        if parts.next().is_some() || !(named(&attr.name) || whole_schema) || !attr.sub.as_deref().is_none_or(named) {
            return Err(self.error("the name of an attribute is expected"));
        }
        self.at += end;
        Ok(attr)
    }

    fn literal(&mut self) -> Result<Literal, ParseError> {
        self.skip_spaces();
        if self.rest().starts_with('"') {
            return self.quoted().map(Literal::Text);
        }
        // Microsoft's documentation has unquoted values, which end at the next space or bracket.
        let rest = self.rest();
        let bare = &rest[..rest.find(|c: char| c.is_whitespace() || ")]\"".contains(c)).unwrap_or(rest.len())];
        if bare.is_empty() {
            return Err(self.error("a value is expected"));
        }
        self.at += bare.len();
        Ok(match bare.to_ascii_lowercase().as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => bare.parse().map_or_else(|_| Literal::Text(bare.to_owned()), Literal::Number),
        })
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        let (mut escaped, rest) = (false, self.rest());
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or_else(|| self.error("the closing quote is missing"))?;
        let text = serde_json::from_str(&rest[..=end]).map_err(|_| self.error("this is not a JSON string"))?;
        self.at += end + 1;
        Ok(text)
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_$".contains(c)
}
