//! Statements of which only those lines count whose arguments are given: what a list is not filtered by is not in the way of its
//! indexes. (`user_id = $4 OR $4 IS NULL` makes SQLite read every row, and PostgreSQL too once it keeps the plan.)
//!
//! Such a line ends with `-- if $4`, or with several arguments of which one must be given.

const IF: &str = "-- if $";

/// Whether a text has such lines.
pub fn has_choices(source: &str) -> bool {
    source.contains(IF)
}

/// The lines that count, with their arguments numbered anew, and which arguments these are, from 0.
pub fn chosen(source: &str, given: impl Fn(usize) -> bool) -> (String, Vec<usize>) {
    let counts = |line: &&str| match line.split_once(IF) {
        None => true,
        Some((_, names)) => names.split(" $").filter_map(|name| name.trim().parse().ok()).any(&given),
    };
    let lines: Vec<_> = source.lines().filter(counts).map(|line| line.split(IF).next().unwrap_or_default()).collect();
    renumbered(&lines.join("\n"))
}

/// Numbers the arguments in the order in which they come: PostgreSQL wants to see each number.
fn renumbered(text: &str) -> (String, Vec<usize>) {
    let mut places: Vec<usize> = Vec::new();
    let mut parts = text.split('$');
    let mut renumbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let Ok(number) = number.parse::<usize>() else { continue };
        let place = places.iter().position(|place| place + 1 == number).unwrap_or_else(|| {
            places.push(number - 1);
            places.len() - 1
        });
        renumbered.push_str(&format!("${}{rest}", place + 1));
    }
    (renumbered, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "SELECT id FROM t\nJOIN u -- if $1 $3\nWHERE TRUE\nAND a = $1 -- if $1\nAND b IS NULL -- if $2\nAND (c, $3) > ($3, $4) -- if $3\nLIMIT $5";

    fn only(numbers: &[usize]) -> (String, Vec<usize>) {
        let (text, places) = chosen(SOURCE, |number| numbers.contains(&number));
        (text.split_whitespace().collect::<Vec<_>>().join(" "), places)
    }

    #[test]
    fn only_what_is_given_counts() {
        assert_eq!(only(&[]), ("SELECT id FROM t WHERE TRUE LIMIT $1".to_owned(), vec![4]));
        assert_eq!(only(&[1]), ("SELECT id FROM t JOIN u WHERE TRUE AND a = $1 LIMIT $2".to_owned(), vec![0, 4]));
        assert_eq!(only(&[2]), ("SELECT id FROM t WHERE TRUE AND b IS NULL LIMIT $1".to_owned(), vec![4]));
        let seek = "SELECT id FROM t JOIN u WHERE TRUE AND (c, $1) > ($1, $2) LIMIT $3";
        assert_eq!(only(&[3, 4]), (seek.to_owned(), vec![2, 3, 4]));
    }
}
