//! Fences within the fence of a Markdown file, which models write with the same number of marks.
//!
//! CommonMark ends the outer block at the first line of marks alone. Here a line that names a language opens another block within a
//! block of Markdown, and the next line of marks alone ends that one.

use super::split::{closes, fence_info, opens};

/// A fenced block that is open, and those within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) mark: u8,
    pub(super) length: usize,
    is_markdown: bool,
    /// Blocks that are open within it.
    inner: usize,
}

impl Fence {
    /// The block that this line opens.
    pub(super) fn open(rest: &str) -> Option<Self> {
        let (mark, length) = opens(rest)?;
        let language = fence_info(rest).split([' ', ',', '{', '\t']).next().unwrap_or_default();
        let is_markdown = ["markdown", "md", "mdx"].iter().any(|name| language.eq_ignore_ascii_case(name));
        Some(Self { mark, length, is_markdown, inner: 0 })
    }

    /// Takes a line of the block. Says whether it ends the block.
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

    /// Whether a line of marks alone ends this block, and none within it.
    pub(super) fn is_innermost(self) -> bool {
        self.inner == 0
    }
}
