//! Detects structures that would cost the parser too much, before it reads them.

use super::split::{indentation, inner, is_rule};

/// Maximum number of nested quotations and lists that start in one line. The parser visits all open ones at every blank line.
pub(super) const DEEPEST: usize = 32;

/// Maximum number of table cells for each byte of a block. The parser fills every row up to the number of columns.
const CELLS: usize = 8;

/// Number of cells that any table may have.
const FEW_CELLS: usize = 2_000;

/// Returns whether more than [`DEEPEST`] quotations and lists start in one line.
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

/// Returns whether a table in this block may have many more cells than the block has letters.
pub(super) fn is_sparse(piece: &str) -> bool {
    let is_delimiter = |line: &&str| line.contains('-') && line.bytes().all(|byte| b"|-: \t>\r".contains(&byte));
    let columns = piece.lines().filter(is_delimiter).map(|line| line.bytes().filter(|byte| *byte == b'|').count() + 1).max();
    columns.is_some_and(|columns| columns.saturating_mul(piece.lines().count()) > FEW_CELLS + CELLS * piece.len())
}
