//! Makes style sheets smaller: removes comments and white space.

/// The sheet without comments, and without white space that does not separate anything.
pub fn minified(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    let mut space = false;
    while let Some(next) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            space = true;
        } else if next == '"' || next == '\'' {
            let end = string_end(rest);
            push(&mut out, std::mem::take(&mut space), &rest[..end]);
            rest = &rest[end..];
        } else if next.is_whitespace() {
            space = true;
            rest = &rest[next.len_utf8()..];
        } else {
            push(&mut out, std::mem::take(&mut space), &rest[..next.len_utf8()]);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// Appends a character or string, after a space if one is needed.
fn push(out: &mut String, space: bool, text: &str) {
    const SEPARATORS: [char; 4] = ['{', '}', ';', ','];
    // A colon only at its end: ` :hover` and `:hover` are different selectors.
    let separated = |last: char| SEPARATORS.contains(&last) || last == ':';
    if text == "}" && out.ends_with(';') {
        out.pop();
    }
    if space && !out.ends_with(separated) && !text.starts_with(SEPARATORS) && !out.is_empty() {
        out.push(' ');
    }
    out.push_str(text);
}

/// The length of the string at the beginning of `text`, with its quotes.
fn string_end(text: &str) -> usize {
    let quote = text.as_bytes()[0];
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        if byte == quote && !escaped {
            return index + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::minified;

    #[test]
    fn comments_and_spaces_go_and_what_separates_stays() {
        let css = "/* a */\n.a :hover,\n.b > .c {\n  margin: 0 calc(1px + 2px);\n  color: red;\n}\n\
            @media (width < 3px) and (x) {\n}\n";
        assert_eq!(
            minified(css),
            ".a :hover,.b > .c{margin:0 calc(1px + 2px);color:red}@media (width < 3px) and (x){}"
        );
    }

    #[test]
    fn strings_stay_as_they_are() {
        let css = "a { content: \"  /* no */ \\\" ; } \"; font: 'A  B' }";
        assert_eq!(minified(css), "a{content:\"  /* no */ \\\" ; } \";font:'A  B'}");
    }
}
