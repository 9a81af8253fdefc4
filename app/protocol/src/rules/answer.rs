//! Rules for the text of an answer: it only grows, and each reader continues from its own byte offset.

/// The effect of a piece on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The text grew.
    Grew,
    /// The text already contained all of the piece.
    Known,
    /// The piece begins past the end of the text, or splits a character. Something in between is missing: the reader must ask again with
    /// the length that it has.
    Gap,
}

/// Applies a piece that begins at byte `at` to a text that is a prefix of the same answer.
///
/// The text stays a prefix of the server's text, even if pieces arrive twice or overlap.
pub fn apply(text: &mut String, at: u64, piece: &str) -> Applied {
    let have = text.len() as u64;
    if at > have {
        return Applied::Gap;
    }
    let known = (have - at) as usize;
    if known >= piece.len() {
        return Applied::Known;
    }
    match piece.get(known..) {
        Some(new) => {
            text.push_str(new);
            Applied::Grew
        }
        None => Applied::Gap,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlaps_are_dropped_and_gaps_reported() {
        let mut text = String::from("abc");
        assert_eq!(apply(&mut text, 1, "bc"), Applied::Known);
        assert_eq!(apply(&mut text, 1, "bcd"), Applied::Grew);
        assert_eq!(apply(&mut text, 5, "f"), Applied::Gap);
        assert_eq!(text, "abcd");
    }

    proptest! {
        /// Applying pieces in any order, any number of times, keeps the text a prefix.
        #[test]
        fn any_pieces_keep_it_a_prefix(whole in ".{0,40}", cuts in prop::collection::vec((0usize..60, 0usize..60), 0..40)) {
            let bounds: Vec<usize> = (0..=whole.len()).filter(|&i| whole.is_char_boundary(i)).collect();
            let mut text = String::new();
            for (a, b) in cuts {
                let (a, b) = (bounds[a % bounds.len()], bounds[b % bounds.len()]);
                let (from, to) = (a.min(b), a.max(b));
                apply(&mut text, from as u64, &whole[from..to]);
                prop_assert!(whole.starts_with(&text));
            }
            apply(&mut text, 0, &whole);
            prop_assert_eq!(text, whole);
        }
    }
}
