//! Structures that would cost more than their share, found before the parser reads them.

use super::split::{indentation, inner, is_rule};

/// Quotations and lists within each other that begin in one line. The parser walks through all that are open with every blank line.
pub(super) const DEEPEST: usize = 32;

/// Cells of a table for each byte of its piece: the parser fills every row up to the number of columns.
const CELLS: usize = 8;

/// Cells that any table may have.
const FEW_CELLS: usize = 2_000;

/// Whether more than [`DEEPEST`] quotations and lists begin in one line.
pub(super) fn is_deep(piece: &str) -> bool {
    piece.lines().any(|line| {
        let mut rest = indentation(line).1;
        for _ in 0..DEEPEST {
            match inner(rest).filter(|_| !is_rule(rest)) {
                Some(inner) => rest = indentation(inner).1,
                None => return false,
            }
        }
        inner(rest).is_some()
    })
}

/// Whether a table in this piece might have many more cells than the piece has letters.
pub(super) fn is_sparse(piece: &str) -> bool {
    let is_delimiter = |line: &&str| line.contains('-') && line.bytes().all(|byte| b"|-: \t>\r".contains(&byte));
    let columns = piece.lines().filter(is_delimiter).map(|line| line.bytes().filter(|byte| *byte == b'|').count() + 1).max();
    columns.is_some_and(|columns| columns.saturating_mul(piece.lines().count()) > FEW_CELLS + CELLS * piece.len())
}
