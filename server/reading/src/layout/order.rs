//! The order in which the parts of a page are read: columns from left to right, and what stands above before what stands below (recursive
//! XY cut).

use super::lines::Segment;

/// Number of nested cuts, and number of segments, from which the order is plainly from the top down.
const DEPTH: usize = 60;
const SEGMENTS: usize = 20_000;

/// Returns the indexes of the segments in reading order.
pub(super) fn reading_order(segments: &[Segment]) -> Vec<usize> {
    let mut order = Vec::with_capacity(segments.len());
    let all: Vec<usize> = (0..segments.len()).collect();
    let depth = if segments.len() > SEGMENTS { DEPTH } else { 0 };
    cut(segments, all, depth, &mut order);
    order
}

fn cut(segments: &[Segment], mut part: Vec<usize>, depth: usize, order: &mut Vec<usize>) {
    let of = |index: usize| &segments[index];
    part.sort_by(|a, b| of(*a).line.cmp(&of(*b).line).then(of(*a).left.total_cmp(&of(*b).left)));
    let is_one_column = part.windows(2).all(|two| of(two[0]).line != of(two[1]).line);
    if is_one_column || depth >= DEPTH {
        order.extend(part);
        return;
    }
    if let Some(gutter) = gutter(segments, &part) {
        let (left, right) = part.into_iter().partition(|index| of(*index).left < gutter);
        cut(segments, left, depth + 1, order);
        cut(segments, right, depth + 1, order);
        return;
    }
    let bands = bands(segments, &part);
    if bands.len() < 2 {
        order.extend(part);
        return;
    }
    for band in bands {
        cut(segments, band, depth + 1, order);
    }
}

/// Returns where the widest gap between two columns ends, if there are columns.
fn gutter(segments: &[Segment], part: &[usize]) -> Option<f32> {
    let mut sorted: Vec<&Segment> = part.iter().map(|index| &segments[*index]).collect();
    sorted.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut sizes: Vec<f32> = sorted.iter().map(|segment| segment.size).collect();
    sizes.sort_by(f32::total_cmp);
    let least = 0.8 * sizes.get(sizes.len() / 2)?;
    let mut right = sorted.first()?.right;
    let mut gaps: Vec<(f32, usize)> = Vec::new();
    for (index, segment) in sorted.iter().enumerate() {
        if segment.left - right >= least {
            gaps.push((segment.left - right, index));
        }
        right = right.max(segment.right);
    }
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    gaps.into_iter()
        .take(8)
        .map(|(_, index)| index)
        .find(|index| are_columns(&sorted[..*index], &sorted[*index..]))
        .map(|index| sorted[index].left)
}

/// Returns whether both sides are text that runs beside the other, not cells of a table.
fn are_columns(left: &[&Segment], right: &[&Segment]) -> bool {
    let side = |side: &[&Segment]| {
        let runs: usize = side.iter().map(|segment| segment.runs.len()).sum();
        let mut lines: Vec<usize> = side.iter().map(|segment| segment.line).collect();
        lines.sort_unstable();
        lines.dedup();
        let top = side.iter().map(|segment| segment.top()).fold(f32::MAX, f32::min);
        let base = side.iter().map(|segment| segment.base).fold(f32::MIN, f32::max);
        let letters: usize = side.iter().flat_map(|segment| &segment.runs).map(|run| run.text.chars().count()).sum();
        (runs as f32 / side.len() as f32, lines.len(), top, base, letters / lines.len().max(1))
    };
    let (a, b) = (side(left), side(right));
    let overlap = a.3.min(b.3) - a.2.max(b.2);
    let height = (a.3 - a.2).min(b.3 - b.2);
    // In scripts without spaces a line is one run.
    let is_text = |runs: f32, letters: usize| runs >= 2.0 || letters >= 12;
    a.1 >= 3 && b.1 >= 3 && is_text(a.0, a.4) && is_text(b.0, b.4) && overlap >= 0.5 * height
}

/// Divides at the widest gaps between lines. Gaps that are nearly as wide count too, so that a table is not divided row by row.
fn bands(segments: &[Segment], part: &[usize]) -> Vec<Vec<usize>> {
    let mut sorted = part.to_vec();
    sorted.sort_by(|a, b| segments[*a].top().total_cmp(&segments[*b].top()));
    let mut gaps = vec![0.0; sorted.len()];
    let mut base = f32::MAX;
    for (gap, index) in gaps.iter_mut().zip(&sorted) {
        let segment = &segments[*index];
        *gap = segment.top() - base;
        base = if base == f32::MAX { segment.base } else { base.max(segment.base) };
    }
    let widest = gaps.iter().copied().fold(0.0, f32::max);
    let mut bands = vec![Vec::new()];
    for (gap, index) in gaps.into_iter().zip(sorted) {
        if widest > 0.0 && gap >= 0.8 * widest {
            bands.push(Vec::new());
        }
        if let Some(band) = bands.last_mut() {
            band.push(index);
        }
    }
    bands.retain(|band| !band.is_empty());
    bands
}
