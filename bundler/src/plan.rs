//! Decides which pieces of the app become one download.
//!
//! Hundreds of pieces would be hundreds of requests; one file would be everything for everybody. Two files become one
//! if that lowers the cost of all loads together, where a file counts like the bytes below; and then those that cost
//! least, until no first load fetches too many.

use std::collections::BTreeSet;

/// What a further file costs, in compressed bytes: planned with each of these, the best plan wins. With a low cost,
/// more files must be merged in the end because of [`MAX_FILES`]; with a high one, pages get more that they do not
/// need.
const FILE_COSTS: [usize; 4] = [5_000, 10_000, 20_000, 40_000];

/// How many of the files a first load fetches at most, beside the page, the script and the style sheet.
const MAX_FILES: usize = 5;

/// What a request costs when plans are compared, in compressed bytes.
const REQUEST_COST: usize = 2_000;

/// More than any plan costs.
const EXCESS_COST: usize = 1 << 40;

/// How much smaller a piece gets by optimization and compression, measured on the whole app.
const SIZE_DIVISOR: usize = 5;

/// A piece, as far as planning is concerned.
pub struct Size<'a> {
    /// The parts of the app that need it.
    pub users: &'a BTreeSet<String>,
    /// Its code and data, in bytes.
    pub bytes: usize,
}

/// What is downloaded together, as far as planning is concerned.
pub struct Load {
    /// The parts of the app that it needs.
    pub parts: BTreeSet<String>,
    /// How much it counts.
    pub weight: usize,
    /// Whether the user waits for it: a first load, with few files.
    pub is_first: bool,
}

/// A file: some pieces, or, for the first one, the main module and some pieces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// Indices of the pieces, ascending.
    pub pieces: Vec<usize>,
    /// The loads that fetch it, as bits.
    loads: u128,
    bytes: usize,
}

impl Bundle {
    fn merged_with(&self, other: &Self) -> Self {
        let mut pieces = [self.pieces.as_slice(), &other.pieces].concat();
        pieces.sort_unstable();
        Self { pieces, loads: self.loads | other.loads, bytes: self.bytes + other.bytes }
    }
}

/// The costs of files.
struct Costs<'a> {
    loads: &'a [Load],
    file: usize,
}

impl Costs<'_> {
    fn weight(&self, loads: u128) -> usize {
        let fetches = |(bit, load): (usize, &Load)| if loads >> bit & 1 == 1 { load.weight } else { 0 };
        self.loads.iter().enumerate().map(fetches).sum()
    }

    /// What merging saves; negative if it costs.
    fn saving(&self, one: &Bundle, other: &Bundle) -> isize {
        let cost = |loads, bytes| self.weight(loads) * (bytes + self.file);
        let apart = cost(one.loads, one.bytes) + cost(other.loads, other.bytes);
        apart.cast_signed() - cost(one.loads | other.loads, one.bytes + other.bytes).cast_signed()
    }

    /// What all loads cost together, with files that have these loads and bytes.
    fn price(&self, files: &[(u128, usize)]) -> usize {
        let files_of = |bit: usize| files.iter().filter(|(loads, _)| loads >> bit & 1 == 1).count();
        let first = self.loads.iter().enumerate().filter(|(_, load)| load.is_first);
        let excess: usize = first.map(|(bit, _)| files_of(bit).saturating_sub(MAX_FILES)).sum();
        let cost = |(loads, bytes): &(u128, usize)| self.weight(*loads) * (bytes + REQUEST_COST);
        files.iter().map(cost).sum::<usize>() + excess * EXCESS_COST
    }

    /// The two bundles whose merging saves most, or costs least, and how much it saves; the first ones if several do.
    /// Only bundles that all these loads fetch are considered.
    fn best_merge(&self, bundles: &[Bundle], loads: u128) -> Option<(isize, usize, usize)> {
        let mut best: Option<(isize, usize, usize)> = None;
        let fetched = |(_, bundle): &(usize, &Bundle)| bundle.loads & loads == loads;
        for (one, bundle) in bundles.iter().enumerate().filter(fetched) {
            for (other, candidate) in bundles.iter().enumerate().filter(fetched).filter(|(other, _)| *other > one) {
                let saving = self.saving(bundle, candidate);
                if best.is_none_or(|(most, ..)| saving > most) {
                    best = Some((saving, one, other));
                }
            }
        }
        best
    }
}

/// A first load that fetches more than [`MAX_FILES`], as a bit.
fn overfull_load(bundles: &[Bundle], loads: &[Load]) -> Option<u128> {
    let files = |bit: u128| bundles.iter().filter(|bundle| bundle.loads & bit != 0).count();
    let first = loads.iter().enumerate().filter(|(_, load)| load.is_first);
    first.map(|(load, _)| 1 << load).find(|bit| files(*bit) > MAX_FILES)
}

fn merge(bundles: &mut Vec<Bundle>, one: usize, other: usize) {
    bundles[one] = bundles[one].merged_with(&bundles[other]);
    bundles.remove(other);
}

/// Plans the files for these loads. The first file is the main one.
pub fn plan(pieces: &[Size], loads: &[Load]) -> Vec<Bundle> {
    let apart = one_per_set(pieces, loads);
    let plans = FILE_COSTS.map(|file| {
        let costs = Costs { loads, file };
        let bundles = improved(&apart, &merged(apart.clone(), &costs), &costs);
        (costs.price(&bundles.iter().map(|file| (file.loads, file.bytes)).collect::<Vec<_>>()), bundles)
    });
    plans.into_iter().min_by_key(|(total, _)| *total).map(|(_, bundles)| bundles).unwrap_or_default()
}

/// The main file, and one for each set of loads that need the same pieces.
fn one_per_set(pieces: &[Size], loads: &[Load]) -> Vec<Bundle> {
    assert!(loads.len() < 128, "more loads than bits");
    // Everybody has the main file, so its own size changes nothing.
    let mut bundles = vec![Bundle { pieces: Vec::new(), loads: (1 << loads.len()) - 1, bytes: 0 }];
    for (index, piece) in pieces.iter().enumerate() {
        let uses = |load: &Load| !load.parts.is_disjoint(piece.users);
        let bits = loads.iter().enumerate().filter(|(_, load)| uses(load)).map(|(bit, _)| 1 << bit);
        let bundle = Bundle {
            pieces: vec![index],
            loads: bits.fold(0, |all, bit: u128| all | bit),
            bytes: piece.bytes / SIZE_DIVISOR,
        };
        match bundles.iter_mut().find(|other| other.loads == bundle.loads) {
            Some(same) => *same = same.merged_with(&bundle),
            None => bundles.push(bundle),
        }
    }
    bundles
}

/// Merges files as long as that saves something, and then as long as a first load fetches too many.
fn merged(mut bundles: Vec<Bundle>, costs: &Costs) -> Vec<Bundle> {
    while let Some((1.., one, other)) = costs.best_merge(&bundles, 0) {
        merge(&mut bundles, one, other);
    }
    while let Some(load) = overfull_load(&bundles, costs.loads)
        && let Some((_, one, other)) = costs.best_merge(&bundles, load)
    {
        merge(&mut bundles, one, other);
    }
    bundles
}

/// Moves the pieces of one set at a time to the file where they cost least, until none is better off elsewhere.
fn improved(sets: &[Bundle], bundles: &[Bundle], costs: &Costs) -> Vec<Bundle> {
    let file_of = |set: &Bundle| {
        let piece = set.pieces.first()?;
        bundles.iter().position(|file| file.pieces.contains(piece))
    };
    let mut files: Vec<usize> = sets.iter().map(|set| file_of(set).unwrap_or(0)).collect();
    let mut moved = true;
    while moved {
        moved = false;
        // The first set stays in the main file.
        for set in 1..sets.len() {
            let now = files[set];
            let price = |file: usize| {
                let mut moved = files.clone();
                moved[set] = file;
                (costs.price(&outlines(sets, &moved)), file != now)
            };
            if let Some(best) = (0..=bundles.len()).min_by_key(|file| price(*file)).filter(|best| *best != now) {
                files[set] = best;
                moved = true;
            }
        }
    }
    let mut improved = vec![sets[0].clone(); 1];
    improved.resize(bundles.len() + 1, Bundle::default());
    for (set, file) in sets.iter().zip(&files).skip(1) {
        improved[*file] = improved[*file].merged_with(set);
    }
    improved.retain(|file| file.loads != 0 || !file.pieces.is_empty());
    improved
}

/// The loads and bytes of each file, if each set goes to one of them.
fn outlines(sets: &[Bundle], files: &[usize]) -> Vec<(u128, usize)> {
    let mut outlines = vec![(0, 0); files.iter().max().map_or(0, |last| last + 1)];
    for (set, file) in sets.iter().zip(files) {
        let (loads, bytes) = &mut outlines[*file];
        *loads |= set.loads;
        *bytes += set.bytes;
    }
    outlines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Load, Size, plan};

    fn set(names: &str) -> BTreeSet<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    /// The users and sizes of pieces, and the parts of first loads; returns the pieces in each file.
    fn planned(pieces: &[(&str, usize)], loads: &[&str]) -> Vec<Vec<usize>> {
        let users: Vec<_> = pieces.iter().map(|(users, bytes)| (set(users), *bytes)).collect();
        let sizes: Vec<_> = users.iter().map(|(users, bytes)| Size { users, bytes: *bytes }).collect();
        let loads: Vec<_> = loads.iter().map(|load| Load { parts: set(load), weight: 1, is_first: true }).collect();
        plan(&sizes, &loads).into_iter().map(|bundle| bundle.pieces).collect()
    }

    #[test]
    fn large_pieces_of_different_pages_stay_apart() {
        let pieces = [("a", 1_000_000), ("b", 1_000_000), ("a b", 1_000_000)];
        assert_eq!(planned(&pieces, &["a", "b", "c"]), [vec![], vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn small_pieces_join_those_that_need_them_or_the_main_file() {
        let pieces = [("a", 1_000_000), ("a b", 1_000), ("b", 1_000_000)];
        let files = planned(&pieces, &["a", "b"]);
        assert_eq!(files, [vec![1], vec![0], vec![2]], "both pages need it: it costs nothing in the main file");
        let files = planned(&[("a", 1_000_000), ("a b", 1_000), ("b c", 1_000)], &["a", "b", "c", "d"]);
        assert_eq!(files.len(), 2, "a request costs more than a kilobyte: {files:?}");
    }

    #[test]
    fn pieces_that_the_same_pages_need_are_one_file() {
        let pieces = [("a", 1_000_000), ("a shell", 1_000_000), ("shell", 1_000_000), ("b", 1_000_000)];
        assert_eq!(planned(&pieces, &["shell a", "shell b", "c"]), [vec![], vec![0], vec![1, 2], vec![3]]);
    }

    #[test]
    fn no_first_load_fetches_more_than_five_files() {
        let sets = ["a", "a b", "a c", "a d", "a b c", "a b d", "a c d", "a b c d e"];
        let pieces: Vec<_> = sets.iter().map(|users| (*users, 1_000_000)).collect();
        let files = planned(&pieces, &["a", "b", "c", "d", "e", "f"]);
        let fetched = |part: &str| {
            let uses = |file: &&Vec<usize>| file.iter().any(|piece| set(sets[*piece]).contains(part));
            1 + files.iter().skip(1).filter(uses).count()
        };
        assert_eq!(fetched("a"), 5, "{files:?}");
    }

    #[test]
    fn each_piece_is_in_one_file_and_the_plan_is_always_the_same() {
        let names = ["a", "b", "c", "d", "a b", "b c", "c d", "a c d", "a b c", "b d"];
        let pieces: Vec<_> = (0..200).map(|i| (names[i * 7 % names.len()], 3_000 + i * 997 % 50_000)).collect();
        let loads = ["a", "b", "c", "d", "a b"];
        let files = planned(&pieces, &loads);
        let mut all: Vec<_> = files.concat();
        all.sort_unstable();
        assert_eq!(all, (0..200).collect::<Vec<_>>());
        assert_eq!(files, planned(&pieces, &loads));
    }
}
