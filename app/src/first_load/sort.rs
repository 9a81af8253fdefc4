//! Sorting, compiled once.
//!
//! `sort_by_key` of the standard library is compiled anew for each type, and the browser would load 3 KB for each.

/// Sorts by a number. The sort is stable.
pub fn by<T>(items: Vec<T>, key: impl Fn(&T) -> u64) -> Vec<T> {
    let mut places: Vec<(u64, usize)> = items.iter().enumerate().map(|(at, item)| (key(item), at)).collect();
    places.sort_unstable();
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|(_, at)| items.get_mut(at)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_stay_in_their_order() {
        let items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        assert_eq!(by(items, |(key, _)| *key).into_iter().map(|(_, name)| name).collect::<String>(), "dbeac");
        assert!(by(Vec::new(), |key: &u64| *key).is_empty());
    }
}
