//! Optional lines of statements, which are included only if their arguments are given, so that a filter that is not set
//! does not keep the database from using an index. (`user_id = $4 OR $4 IS NULL` makes SQLite read every row, and
//! PostgreSQL too once it caches the plan.)
//!
//! Such a line ends with `-- if $4`, or lists several arguments of which one must be given.

const MARKER: &str = "-- if $";

/// Whether a text has optional lines.
pub fn has_optional(source: &str) -> bool {
    source.contains(MARKER)
}

/// The lines that are included, with their arguments renumbered, and the indexes of these arguments, counted from 0.
pub fn select(source: &str, given: impl Fn(usize) -> bool) -> (String, Vec<usize>) {
    let is_included = |line: &&str| match line.split_once(MARKER) {
        None => true,
        Some((_, names)) => names.split(" $").filter_map(|name| name.trim().parse().ok()).any(&given),
    };
    let lines: Vec<_> =
        source.lines().filter(is_included).map(|line| line.split(MARKER).next().unwrap_or_default()).collect();
    renumbered(&lines.join("\n"))
}

/// Renumbers the arguments by their first use: PostgreSQL requires numbers without gaps.
fn renumbered(text: &str) -> (String, Vec<usize>) {
    let mut indexes: Vec<usize> = Vec::new();
    let mut parts = text.split('$');
    let mut renumbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let Ok(number) = number.parse::<usize>() else { continue };
        let position = indexes.iter().position(|index| index + 1 == number).unwrap_or_else(|| {
            indexes.push(number - 1);
            indexes.len() - 1
        });
        renumbered.push_str(&format!("${}{rest}", position + 1));
    }
    (renumbered, indexes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "SELECT id FROM t\nJOIN u -- if $1 $3\nWHERE TRUE\nAND a = $1 -- if $1\n\
        AND b IS NULL -- if $2\nAND (c, $3) > ($3, $4) -- if $3\nLIMIT $5";

    fn selected(numbers: &[usize]) -> (String, Vec<usize>) {
        let (text, indexes) = select(SOURCE, |number| numbers.contains(&number));
        (text.split_whitespace().collect::<Vec<_>>().join(" "), indexes)
    }

    #[test]
    fn only_lines_of_given_arguments_are_included() {
        assert_eq!(selected(&[]), ("SELECT id FROM t WHERE TRUE LIMIT $1".to_owned(), vec![4]));
        assert_eq!(selected(&[1]), ("SELECT id FROM t JOIN u WHERE TRUE AND a = $1 LIMIT $2".to_owned(), vec![0, 4]));
        assert_eq!(selected(&[2]), ("SELECT id FROM t WHERE TRUE AND b IS NULL LIMIT $1".to_owned(), vec![4]));
        let seek = "SELECT id FROM t JOIN u WHERE TRUE AND (c, $1) > ($1, $2) LIMIT $3";
        assert_eq!(selected(&[3, 4]), (seek.to_owned(), vec![2, 3, 4]));
    }
}
