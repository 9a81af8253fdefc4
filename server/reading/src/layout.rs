//! From glyphs with places to words, lines and a text in reading order.

mod lines;
mod order;
mod script;
mod text;
mod words;

pub(crate) use text::{Laid, lay_out};

/// The direction in which a line runs on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    Right,
    Down,
    Left,
    Up,
}

impl Direction {
    /// All directions, the usual one first.
    pub(crate) const ALL: [Self; 4] = [Self::Right, Self::Down, Self::Up, Self::Left];

    /// Returns the direction that is nearest to a vector. The y axis points down.
    pub(crate) fn of(x: f64, y: f64) -> Self {
        match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
            (true, true, _) => Self::Right,
            (true, false, _) => Self::Left,
            (false, _, true) => Self::Down,
            (false, _, false) => Self::Up,
        }
    }

    /// Turns a point of the page, so that lines run to the right and follow each other downwards.
    pub(crate) fn turn(self, x: f32, y: f32) -> (f32, f32) {
        match self {
            Self::Right => (x, y),
            Self::Down => (y, -x),
            Self::Left => (-x, -y),
            Self::Up => (-y, x),
        }
    }

    /// Turns a rectangle back into one of the page.
    pub(crate) fn turn_back(self, [left, upper, right, lower]: [f32; 4]) -> [f32; 4] {
        let point = |u: f32, v: f32| match self {
            Self::Right => (u, v),
            Self::Down => (-v, u),
            Self::Left => (-u, -v),
            Self::Up => (v, -u),
        };
        let ((a, b), (c, d)) = (point(left, upper), point(right, lower));
        [a.min(c), b.min(d), a.max(c), b.max(d)]
    }
}

/// A character, or several that one sign stands for, and its place. All lengths are in points; `left`, `right` and `base` are turned by
/// [`Direction::turn`].
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    pub(crate) text: Sign,
    pub(crate) direction: Direction,
    /// Whether the line does not run along an edge of the page, such as a watermark.
    pub(crate) is_oblique: bool,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) base: f32,
    pub(crate) size: f32,
}

/// The text of a glyph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sign {
    One(char),
    Many(Box<str>),
}

impl Sign {
    pub(crate) fn push_to(&self, text: &mut String) {
        match self {
            Self::One(c) => text.push(*c),
            Self::Many(many) => text.push_str(many),
        }
    }

    pub(crate) fn is_white_space(&self) -> bool {
        match self {
            Self::One(c) => c.is_whitespace(),
            Self::Many(many) => many.chars().all(char::is_whitespace),
        }
    }
}

/// Part of a line that is drawn without a gap.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: String,
    /// Where each glyph ends in the text, in bytes, and its left and right edge.
    pub(crate) glyphs: Vec<(usize, f32, f32)>,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) base: f32,
    pub(crate) size: f32,
    /// Whether a space was drawn after it.
    pub(crate) is_closed: bool,
}
