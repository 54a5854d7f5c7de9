//! How much of the busiest hours of a pool people use a named license.

/// A time, as microseconds since 1970: from the first, to before the second.
pub type MicrosRange = (i64, i64);

/// The share of the busiest hours since a time in which one of these sessions was live. `None` if less than half of
/// the busiest hours are after that time: that says too little.
pub fn busy_share(busy: &[MicrosRange], since: i64, sessions: &[MicrosRange]) -> Option<f64> {
    let length = |spans: &[MicrosRange]| spans.iter().map(|(from, to)| to - from).sum::<i64>();
    let later: Vec<MicrosRange> =
        busy.iter().map(|(from, to)| ((*from).max(since), *to)).filter(|(from, to)| from < to).collect();
    let time = length(&later);
    (time > 0 && time * 2 >= length(busy)).then(|| common_length(&later, &united(sessions)) as f64 / time as f64)
}

/// The same time without overlaps, in order.
fn united(spans: &[MicrosRange]) -> Vec<MicrosRange> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    let mut united: Vec<MicrosRange> = Vec::new();
    for (from, to) in sorted {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

/// The length of what is in both, which are in order and have no overlaps.
fn common_length(one: &[MicrosRange], other: &[MicrosRange]) -> i64 {
    let (mut total, mut first) = (0, 0);
    for (from, to) in one {
        first += other[first..].partition_point(|span| span.1 <= *from);
        let overlapping = other[first..].iter().take_while(|span| span.0 < *to);
        total += overlapping.map(|span| span.1.min(*to) - span.0.max(*from)).sum::<i64>();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: [MicrosRange; 2] = [(10, 20), (30, 40)];

    #[test]
    fn sessions_count_once_and_only_in_busy_hours() {
        assert_eq!(busy_share(&BUSY, 0, &[]), Some(0.0));
        assert_eq!(busy_share(&BUSY, 0, &[(12, 18), (5, 15), (35, 90)]), Some(13.0 / 20.0));
        assert_eq!(busy_share(&BUSY, 0, &[(0, 50), (20, 30)]), Some(1.0));
    }

    #[test]
    fn who_got_the_seat_too_late_has_no_share() {
        assert_eq!(busy_share(&BUSY, 20, &[(35, 40)]), Some(0.5));
        assert_eq!(busy_share(&BUSY, 31, &[(35, 40)]), None);
        assert_eq!(busy_share(&[], 0, &[(35, 40)]), None);
    }
}
