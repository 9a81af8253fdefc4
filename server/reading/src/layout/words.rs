//! Glyphs in the order in which they are drawn become runs.

use super::{Direction, Glyph, Run};

/// A gap of this part of the size separates words.
pub(super) const SPACE: f32 = 0.1;

/// Returns the runs of each direction; those of lines that do not run along an edge come apart.
pub(super) fn runs(glyphs: &[Glyph]) -> Vec<((bool, Direction), Vec<Run>)> {
    let mut groups: Vec<_> =
        [false, true].iter().flat_map(|is_oblique| Direction::ALL.map(|direction| ((*is_oblique, direction), Vec::<Run>::new()))).collect();
    // The run that grows: of which group.
    let mut open: Option<usize> = None;
    for glyph in glyphs {
        let key = (glyph.is_oblique, glyph.direction);
        let Some(at) = groups.iter().position(|(of, _)| *of == key) else { continue };
        let runs = &mut groups[at].1;
        let last = runs.last_mut().filter(|_| open == Some(at));
        if glyph.text.is_white_space() {
            if let Some(last) = last
                && (glyph.base - last.base).abs() < last.size * 0.5
            {
                last.is_closed = true;
            }
            open = None;
            continue;
        }
        open = Some(at);
        match last {
            Some(last) if continues(last, glyph) => {
                glyph.text.push_to(&mut last.text);
                last.glyphs.push((last.text.len(), glyph.left, glyph.right));
                last.right = last.right.max(glyph.right);
            }
            _ => {
                let mut text = String::new();
                glyph.text.push_to(&mut text);
                let glyphs = vec![(text.len(), glyph.left, glyph.right)];
                let (left, right, base, size) = (glyph.left, glyph.right, glyph.base, glyph.size);
                runs.push(Run { text, glyphs, left, right, base, size, is_closed: false });
            }
        }
    }
    groups.retain(|(_, runs)| !runs.is_empty());
    groups
}

fn continues(last: &Run, glyph: &Glyph) -> bool {
    let size = last.size.min(glyph.size);
    let gap = glyph.left - last.right;
    (glyph.base - last.base).abs() <= 0.05 * size
        && (-0.3 * size..SPACE * size).contains(&gap)
        && last.size <= 1.2 * glyph.size
        && glyph.size <= 1.2 * last.size
        && glyph.left >= last.glyphs.last().map_or(f32::MIN, |(_, left, _)| left - 0.05 * size)
}
