//! Fenced blocks inside a fenced Markdown block, which models write with fences of the same length.
//!
//! By CommonMark's rules, the first line that consists of marks only ends the outer block. Here, inside a Markdown block, a fence with a
//! language opens an inner block, and the next line of marks ends that one.

use super::split::{closes, fence_info, opens};

/// An open fenced block, and the blocks inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) mark: u8,
    pub(super) length: usize,
    is_markdown: bool,
    /// Number of open blocks inside it.
    inner: usize,
}

impl Fence {
    /// Returns the block that this line opens.
    pub(super) fn open(rest: &str) -> Option<Self> {
        let (mark, length) = opens(rest)?;
        let language = fence_info(rest).split([' ', ',', '{', '\t']).next().unwrap_or_default();
        let is_markdown = ["markdown", "md", "mdx"].iter().any(|name| language.eq_ignore_ascii_case(name));
        Some(Self { mark, length, is_markdown, inner: 0 })
    }

    /// Reads a line of the block. Returns whether it ends the block.
    pub(super) fn line(&mut self, rest: &str) -> bool {
        if closes(rest, self.mark, self.length) {
            if self.inner == 0 {
                return true;
            }
            self.inner -= 1;
        } else if self.is_markdown
            && let Some((mark, length)) = opens(rest)
            && mark == self.mark
            && length >= self.length
            && !fence_info(rest).is_empty()
        {
            self.inner += 1;
        }
        false
    }

    /// Returns whether a line of marks would end this block, and not one inside it.
    pub(super) fn is_innermost(self) -> bool {
        self.inner == 0
    }
}
