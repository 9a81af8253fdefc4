//! Runs become lines, and lines are divided where a wide gap is.

use super::{Run, script, words::SPACE};

/// A gap of this part of the size divides a line.
const WIDE: f32 = 1.4;

/// Part of a line without a wide gap.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Which line of the page it is in. Lines are numbered from the top.
    pub(super) line: usize,
    pub(super) runs: Vec<Run>,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) base: f32,
    pub(super) size: f32,
}

impl Segment {
    pub(super) fn top(&self) -> f32 {
        self.base - 0.6 * self.size
    }
}

/// Divides runs into segments, from the top down and from left to right.
pub(super) fn segments(mut runs: Vec<Run>) -> Vec<Segment> {
    runs.sort_by(|a, b| a.base.total_cmp(&b.base));
    let mut lines: Vec<Vec<Run>> = Vec::new();
    // Base and size of the largest run of the last line.
    let (mut base, mut size) = (f32::MIN, 0.0_f32);
    for run in runs {
        let is_same = run.base - base <= 0.45 * size.max(run.size) && !lines.is_empty();
        if !is_same {
            lines.push(Vec::new());
            (base, size) = (run.base, run.size);
        } else if run.size > size * 1.05 {
            (base, size) = (run.base, run.size);
        }
        if let Some(line) = lines.last_mut() {
            line.push(run);
        }
    }
    lines.into_iter().enumerate().flat_map(|(line, runs)| divided(line, runs)).collect()
}

fn divided(line: usize, mut runs: Vec<Run>) -> Vec<Segment> {
    runs.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut segments: Vec<Segment> = Vec::new();
    for run in runs {
        let Some(segment) = segments.last_mut().filter(|segment| run.left - segment.right <= WIDE * segment.size.max(run.size)) else {
            let (left, right, base, size) = (run.left, run.right, run.base, run.size);
            segments.push(Segment { line, runs: vec![run], left, right, base, size });
            continue;
        };
        segment.right = segment.right.max(run.right);
        if run.size > segment.size {
            (segment.base, segment.size) = (run.base, run.size);
        }
        let Some(last) = segment.runs.last_mut() else { continue };
        let smaller = last.size.min(run.size);
        // Bold text is drawn twice by some programs, with a small offset.
        if last.text == run.text && (run.left - last.left).abs() < 0.2 * smaller && (run.base - last.base).abs() < 0.2 * smaller {
            last.is_closed |= run.is_closed;
            continue;
        }
        let gap = run.left - last.right;
        if !last.is_closed && gap < SPACE * smaller && gap > -0.5 * smaller {
            let before = last.text.len();
            last.text.push_str(&run.text);
            last.glyphs.extend(run.glyphs.iter().map(|(end, left, right)| (before + end, *left, *right)));
            last.right = last.right.max(run.right);
            last.is_closed = run.is_closed;
            if run.size > last.size {
                (last.base, last.size) = (run.base, run.size);
            }
            continue;
        }
        segment.runs.push(run);
    }
    for segment in &mut segments {
        script::order(&mut segment.runs);
    }
    segments
}
