//! Reads filters and paths. Generous where directories are sloppy (case of words, values without quotes), never beyond a depth.

use super::{Attr, Filter, Literal, NotUnderstood, Op, Path};
use crate::scim::schema;

/// The longest filter that is read, in bytes.
const LONGEST: usize = 8_192;
/// How deep brackets may stand in brackets.
const DEEPEST: usize = 32;

/// Reads a filter.
///
/// # Errors
/// Says where it is not understood.
pub fn filter(text: &str) -> Result<Filter, NotUnderstood> {
    let mut parser = Parser::new(text)?;
    let filter = parser.or()?;
    parser.end()?;
    Ok(filter)
}

/// Reads the path of a PATCH.
///
/// # Errors
/// Says where it is not understood.
pub fn path(text: &str) -> Result<Path, NotUnderstood> {
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
    fn new(text: &'a str) -> Result<Self, NotUnderstood> {
        let parser = Self { text, at: 0, depth: 0 };
        if text.len() > LONGEST { Err(parser.wrong("this is too long")) } else { Ok(parser) }
    }

    fn wrong(&self, problem: &'static str) -> NotUnderstood {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        NotUnderstood { at: before.chars().count() + 1, problem }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, one: char) -> bool {
        self.skip_spaces();
        let there = self.rest().starts_with(one);
        if there {
            self.at += one.len_utf8();
        }
        there
    }

    fn expect(&mut self, one: char) -> Result<(), NotUnderstood> {
        let problem = if one == ']' { "\"]\" is missing" } else { "\")\" is missing" };
        if self.take(one) { Ok(()) } else { Err(self.wrong(problem)) }
    }

    fn end(&mut self) -> Result<(), NotUnderstood> {
        self.skip_spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.wrong("nothing more is expected here")) }
    }

    /// Takes this word, in any case of letters, if it stands here on its own.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let there = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(is_of_a_name);
        if there {
            self.at += word.len();
        }
        there
    }

    fn word(&mut self, problem: &'static str) -> Result<&'a str, NotUnderstood> {
        self.skip_spaces();
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.wrong(problem));
        }
        self.at += word.len();
        Ok(word)
    }

    fn or(&mut self) -> Result<Filter, NotUnderstood> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, NotUnderstood> {
        let mut left = self.one()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter, NotUnderstood> {
        let start = self.at;
        if self.take_word("not") {
            if self.take('(') {
                return Ok(Filter::Not(Box::new(self.bracket(')')?)));
            }
            // An attribute may be called so.
            self.at = start;
        }
        if self.take('(') { self.bracket(')') } else { self.expression() }
    }

    /// What stands up to the closing bracket, of which the opening one is taken.
    fn bracket(&mut self, close: char) -> Result<Filter, NotUnderstood> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("the brackets are too deep"));
        }
        let inner = self.or()?;
        self.expect(close)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn expression(&mut self) -> Result<Filter, NotUnderstood> {
        let attr = self.attr()?;
        if self.take('[') {
            return Ok(Filter::Some(attr, Box::new(self.bracket(']')?)));
        }
        if self.take_word("pr") {
            return Ok(Filter::Present(attr));
        }
        let op = Op::ALL.iter().find(|(_, word)| self.take_word(word)).map(|(op, _)| *op);
        let op = op.ok_or_else(|| self.wrong("an operator is expected: eq, ne, co, sw, ew, gt, ge, lt, le or pr"))?;
        let literal = self.literal()?;
        if op.orders() && matches!(literal, Literal::Bool(_)) {
            return Err(self.wrong("truth values have no order"));
        }
        Ok(Filter::Compare(attr, op, literal))
    }

    fn attr(&mut self) -> Result<Attr, NotUnderstood> {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|c| !(is_of_a_name(c) || c == ':' || c == '.')).unwrap_or(rest.len());
        let (schema, name) = schema::split(&rest[..end]);
        let mut parts = name.split('.');
        let attr = Attr {
            schema: schema.map(str::to_owned),
            name: parts.next().unwrap_or_default().to_owned(),
            sub: parts.next().map(str::to_owned),
        };
        let named = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$');
        let whole_schema = attr.name.is_empty() && attr.schema.is_some() && attr.sub.is_none();
        if parts.next().is_some() || !(named(&attr.name) || whole_schema) || !attr.sub.as_deref().is_none_or(named) {
            return Err(self.wrong("the name of an attribute is expected"));
        }
        self.at += end;
        Ok(attr)
    }

    fn literal(&mut self) -> Result<Literal, NotUnderstood> {
        self.skip_spaces();
        if self.rest().starts_with('"') {
            return self.quoted().map(Literal::Text);
        }
        // As Microsoft's documentation has it: a value without quotes, to the next space or bracket.
        let rest = self.rest();
        let bare = &rest[..rest.find(|c: char| c.is_whitespace() || ")]\"".contains(c)).unwrap_or(rest.len())];
        if bare.is_empty() {
            return Err(self.wrong("a value is expected"));
        }
        self.at += bare.len();
        Ok(match bare.to_ascii_lowercase().as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => bare.parse().map_or_else(|_| Literal::Text(bare.to_owned()), Literal::Number),
        })
    }

    fn quoted(&mut self) -> Result<String, NotUnderstood> {
        let (mut escaped, rest) = (false, self.rest());
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or_else(|| self.wrong("the closing quote is missing"))?;
        let text = serde_json::from_str(&rest[..=end]).map_err(|_| self.wrong("this is no JSON string"))?;
        self.at += end + 1;
        Ok(text)
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_$".contains(c)
}
