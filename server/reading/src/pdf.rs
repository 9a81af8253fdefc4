//! PDF: hayro-interpret draws each page on a device that only collects glyphs.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings, SoftMask,
    font::{Glyph as Drawn, GlyphRun},
    hayro_cmap::{BfString, WritingMode},
    hayro_syntax::{DecryptionError, LoadPdfError, Pdf, page::Page as PdfPage},
    interpret_page,
    kurbo::{Affine, BezPath, Point, Rect, Vec2},
};
use holdfast_protocol::materials::{Location, Page, ProblemReason};

use crate::{
    layout::{Direction, Glyph, Laid, Sign, lay_out},
    out::{MAX_PAGES, Out, Stop},
};

/// Maximum number of glyphs on a page. A page full of small print has 20 000.
const MAX_GLYPHS: usize = 200_000;

/// Maximum cost of a page: a glyph or a path is one, a clip, which each form brings, twenty.
const MAX_COST: u32 = 2_000_000;

/// Units of a font in its size.
const EM: f64 = 1_000.0;

pub(crate) fn read(content: Vec<u8>, out: &mut Out<'_>) -> Result<(), Stop> {
    let pdf = match catch_unwind(move || Pdf::new(content)) {
        Ok(Ok(pdf)) => pdf,
        Ok(Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm))) => {
            return Err(Stop::LOCKED);
        }
        Ok(Err(LoadPdfError::Decryption(_) | LoadPdfError::Invalid)) | Err(_) => return Err(Stop::DAMAGED),
    };
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err(Stop::DAMAGED);
    }
    out.opened(u32::try_from(pages.len()).ok())?;
    let mut cache = InterpreterCache::new();
    let mut heading = None;
    for (index, page) in pages.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if number > MAX_PAGES {
            return Err(Stop::TOO_LARGE);
        }
        if !out.wants(number) {
            continue;
        }
        // Fonts and other resources of this many pages are kept, so that a long file does not fill the memory.
        if index % 256 == 255 {
            cache = InterpreterCache::new();
        }
        match catch_unwind(AssertUnwindSafe(|| collect(page, &pdf, &cache))) {
            Ok(Collector { width, height, glyphs, .. }) => {
                let laid = lay_out(&glyphs);
                out.page(page_of(number, width, height, laid, &mut heading))?;
            }
            Err(cause) => {
                // What was half done may be wrong.
                cache = InterpreterCache::new();
                out.problem(number, if cause.is::<TooMuch>() { ProblemReason::TooLarge } else { ProblemReason::Damaged })?;
            }
        }
    }
    Ok(())
}

fn page_of(number: u32, width: f32, height: f32, laid: Laid, heading: &mut Option<String>) -> Page {
    let Laid { text, words, headings } = laid;
    let of = |index: usize| headings.get(index).map(|at| text[at.start as usize..at.end as usize].replace('\n', " "));
    // A heading below the text of an earlier section is not the one under which the page starts.
    if headings.first().is_some_and(|first| first.start == 0) || heading.is_none() {
        *heading = of(0).or(heading.take());
    }
    let above = heading.clone();
    if let Some(last) = headings.len().checked_sub(1).and_then(of) {
        *heading = Some(last);
    }
    Page { number, text, words, width, height, heading: above, location: Location::Page { number }, headings }
}

fn collect<'a>(page: &PdfPage<'a>, pdf: &'a Pdf, cache: &InterpreterCache<'a>) -> Collector {
    let (width, height) = page.render_dimensions();
    let initial = Affine::new(page.initial_transform(true).as_coeffs());
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let mut context = Context::new(initial, bounds, cache, pdf.xref(), InterpreterSettings::default());
    let mut collector = Collector { width, height, glyphs: Vec::new(), cost: 0 };
    interpret_page(page, &mut context, &mut collector);
    collector
}

/// The page has more on it than is read. It unwinds through the interpreter, which cannot be stopped otherwise.
struct TooMuch;

/// A device that collects glyphs and draws nothing.
struct Collector {
    width: f32,
    height: f32,
    glyphs: Vec<Glyph>,
    cost: u32,
}

impl Collector {
    fn count(&mut self, cost: u32) {
        self.cost += cost;
        if self.cost > MAX_COST || self.glyphs.len() > MAX_GLYPHS {
            resume_unwind(Box::new(TooMuch));
        }
    }

    fn add(&mut self, sign: Sign, transform: Affine, advance: f64, next: Option<Point>, writing: WritingMode) {
        let [a, b, c, d, ..] = transform.as_coeffs();
        let size = c.hypot(d) * EM;
        let origin = transform * Point::ZERO;
        let is_on_page =
            (-1.0..=f64::from(self.width) + 1.0).contains(&origin.x) && (-1.0..=f64::from(self.height) + 1.0).contains(&origin.y);
        if !is_on_page || !(0.5..2_000.0).contains(&size) {
            return;
        }
        let (unit, is_oblique) = match a.hypot(b) {
            length if length > 0.0 => (Vec2::new(a / length, b / length), (a.abs() / length).min(b.abs() / length) > 0.1),
            _ => return,
        };
        let is_vertical = writing == WritingMode::Vertical;
        let direction = if is_vertical { Direction::of(-unit.y, unit.x) } else { Direction::of(unit.x, unit.y) };
        let turned = |point: Point| direction.turn(point.x as f32, point.y as f32);
        let (left, right, base) = if is_vertical {
            let (top, _) = turned(origin + Vec2::new(c, d) * 0.88 * EM);
            let (bottom, base) = turned(origin - Vec2::new(c, d) * 0.12 * EM);
            (top.min(bottom), top.max(bottom), base)
        } else {
            // A substituted font is stretched to the width of the original, and its advance is already that of the original.
            let (drawn, plain) = (advance * a.hypot(b), advance * c.hypot(d));
            let width = match next.map(|next| (next - origin).dot(unit)) {
                Some(distance) if (distance - plain).abs() < (distance - drawn).abs() => plain,
                _ => drawn,
            };
            let (left, base) = turned(origin);
            let (right, _) = turned(origin + unit * width);
            (left, right.max(left), base)
        };
        self.glyphs.push(Glyph { text: sign, direction, is_oblique, left, right, base, size: size as f32 });
    }
}

impl<'a> Device<'a> for Collector {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        let glyphs = run.glyphs();
        for (index, glyph) in glyphs.iter().enumerate() {
            self.count(1);
            let transform = props.transform * glyph.transform();
            if !transform.is_finite() {
                continue;
            }
            let advance = match &**glyph {
                Drawn::Outline(outline) => outline.advance_width(),
                Drawn::Type3(drawn) => drawn.advance_width(),
            };
            let advance = f64::from(advance.filter(|advance| advance.is_finite() && *advance >= 0.0).unwrap_or(500.0));
            let unicode = glyph.as_unicode().or_else(|| match &**glyph {
                // TeX's drawn fonts name their characters by number.
                Drawn::Type3(_) => char::from_u32(glyph.char_code()).filter(char::is_ascii_graphic).map(BfString::Char),
                Drawn::Outline(_) => None,
            });
            let Some(sign) = unicode.and_then(sign) else { continue };
            let next = glyphs.get(index + 1).map(|next| props.transform * next.transform() * Point::ZERO);
            self.add(sign, transform, advance, next, run.writing_mode());
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.count(1);
    }

    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {
        self.count(1);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.count(20);
    }

    fn push_clip_rect(&mut self, _: &Rect) {
        self.count(20);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.count(20);
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.count(1);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// Returns the text of a glyph. Ligatures are taken apart, soft hyphens become hyphens, and control characters are left out.
fn sign(unicode: BfString) -> Option<Sign> {
    match unicode {
        BfString::Char(c) => match c {
            '\u{fb00}' => Some(Sign::Many("ff".into())),
            '\u{fb01}' => Some(Sign::Many("fi".into())),
            '\u{fb02}' => Some(Sign::Many("fl".into())),
            '\u{fb03}' => Some(Sign::Many("ffi".into())),
            '\u{fb04}' => Some(Sign::Many("ffl".into())),
            '\u{fb05}' | '\u{fb06}' => Some(Sign::Many("st".into())),
            '\u{ad}' => Some(Sign::One('-')),
            '\t' | '\n' | '\r' => Some(Sign::One(' ')),
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
            {
                None
            }
            c => Some(Sign::One(c)),
        },
        BfString::String(many) => {
            let many: String = many.chars().filter(|c| !c.is_control()).take(16).collect();
            (!many.is_empty()).then(|| Sign::Many(many.into()))
        }
    }
}
