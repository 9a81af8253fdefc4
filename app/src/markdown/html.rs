//! Renders one block of Markdown as safe HTML.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    ops::Range,
};

use pulldown_cmark::{
    Alignment, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd,
};

use super::{
    Target,
    addresses::linkify,
    bounds,
    cites::Citable,
    info,
    prepare::{Part, Prepared, prepare},
    tags::{self, Inline, Part as BlockPart},
    text::{escape, escaped_length, is_safe, visible},
};
use crate::strings::MarkdownStrings as Strings;

/// A rendered block, and what it means for other blocks.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub(super) html: String,
    /// Labels that it uses and that are not defined.
    pub(super) wants: HashSet<String>,
    /// Link labels that it defines, in order.
    pub(super) links: Vec<(String, Target)>,
    /// Footnotes that it defines.
    pub(super) footnotes: Vec<String>,
    /// Bytes that references added.
    pub(super) added: usize,
    /// Whether the module for finished content has something to do in it: colour code, render a formula, answer a button.
    pub(super) needs_script: bool,
}

/// What a block is rendered with: among other things, the definitions of other blocks.
pub(super) struct Known<'a> {
    pub(super) links: &'a HashMap<String, Target>,
    pub(super) footnotes: &'a HashSet<String>,
    /// Whether the block is a fenced block.
    pub(super) is_code: bool,
    /// Bytes that references may add to it.
    pub(super) left: usize,
    /// Whether the block may continue after its end.
    pub(super) is_open: bool,
    /// The passages that it may cite.
    pub(super) citable: &'a Citable,
}

/// Maximum depth of emphasis, quotations and lists. Browsers limit nesting too; deeper content is shown without these structures.
const DEEPEST: usize = 64;

/// Returns a block as plain text.
pub(super) fn as_written(text: &str) -> Rendered {
    let mut html = String::from("<p class=\"raw\">");
    escape(&mut html, text.trim_end_matches(['\n', '\r']));
    html.push_str("</p>");
    Rendered { html, ..Rendered::default() }
}

/// Renders a block.
pub(super) fn render(text: &str, prefix: &str, strings: &Strings, known: &Known<'_>) -> Rendered {
    let mut options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
    if !known.is_code {
        if bounds::is_deep(text) {
            return as_written(text);
        }
        options.set(Options::ENABLE_TABLES, !bounds::is_sparse(text));
    }
    let prepared = prepare(text);
    let text = &*prepared.text;
    let (mut wants, mut stubs) = (HashSet::new(), String::new());
    if !known.is_code {
        for label in footnotes_named(text) {
            // The parser recognizes a footnote only where it is defined, so footnotes of other blocks are defined at the end.
            if known.footnotes.contains(&label) {
                stubs.push_str(&format!("\n\n[{label}]: ."));
            } else {
                wants.insert(label);
            }
        }
    }
    let input = format!("{text}{stubs}");

    let left = Cell::new(known.left);
    let mut missing = HashSet::new();
    let find = |broken: BrokenLink<'_>| {
        let label = normal(&prepared.restore(&broken.reference));
        match known.links.get(&label) {
            Some(Target { url, title, length }) => {
                take(&left, *length).then(|| (CowStr::from(url.to_string()), CowStr::from(title.to_string())))
            }
            None => {
                missing.insert(label);
                None
            }
        }
    };
    let parser = Parser::new_with_broken_link_callback(&input, options, Some(find));
    let links = parser.reference_definitions().iter();
    let mut links: Vec<(usize, (String, Target))> = links
        .map(|(label, link)| {
            let (url, title) = (prepared.restore(&link.dest), prepared.restore(link.title.as_deref().unwrap_or_default()));
            let length = escaped_length(&url) + escaped_length(&title);
            (link.span.start, (normal(&prepared.restore(label)), Target { url: (*url).into(), title: (*title).into(), length }))
        })
        .collect();
    links.sort_by_key(|(start, _)| *start);
    let mut rendered = Rendered { links: links.into_iter().map(|(_, link)| link).collect(), ..Rendered::default() };

    let mut writer = Writer::new(prefix, strings, &prepared, &input, Citations { citable: known.citable, left: &left });
    writer.is_open = known.is_open;
    // The rest of a reference that is shown as plain text.
    let mut skipped: Option<Range<usize>> = None;
    for (event, range) in parser.into_offset_iter() {
        if range.start >= text.len() && !text.is_empty() && matches!(event, Event::Start(Tag::FootnoteDefinition(_))) {
            break;
        }
        if let Some(reference) = &skipped {
            let is_end = *reference == range && matches!(event, Event::End(TagEnd::Link | TagEnd::Image));
            skipped = skipped.filter(|_| !is_end);
            continue;
        }
        if let Event::Start(Tag::Link { link_type, dest_url, title, .. } | Tag::Image { link_type, dest_url, title, .. }) = &event
            && matches!(link_type, LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut)
            && !take_unmeasured(&left, dest_url, title)
        {
            writer.event(Event::Text(input[range.clone()].into()), range.clone());
            skipped = Some(range);
            continue;
        }
        if let Event::Start(Tag::FootnoteDefinition(label)) = &event {
            rendered.footnotes.push(format!("^{}", normal(label)));
        }
        writer.ends_open = known.is_open && range.end == text.len();
        writer.event(event, range);
    }
    rendered.needs_script = writer.needs_script;
    rendered.html = writer.finish();
    rendered.added = known.left - left.get();
    wants.extend(missing);
    rendered.footnotes.iter().for_each(|label| _ = wants.remove(label));
    rendered.wants = wants;
    rendered
}

/// Takes the bytes that a reference adds from the budget; returns whether there were enough.
fn take(left: &Cell<usize>, length: usize) -> bool {
    let rest = left.get().checked_sub(length);
    left.set(rest.unwrap_or(left.get()));
    rest.is_some()
}

/// Like [`take`], for a target whose length is not known yet.
pub(super) fn take_unmeasured(left: &Cell<usize>, url: &str, title: &str) -> bool {
    let least = url.len() + title.len();
    if least > left.get() {
        return false;
    }
    let is_there = take(left, escaped_length(url) + escaped_length(title));
    if !is_there {
        // A target that does not fit is not measured again, because there may be many references to one long target.
        left.set(least.saturating_sub(1));
    }
    is_there
}

/// Returns every `[^label]` in a text, even if it turns out not to be a footnote.
fn footnotes_named(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut rest = text;
    while let Some(at) = rest.find("[^") {
        rest = &rest[at + 1..];
        if let Some(end) = rest.find([']', '[', '\n'])
            && rest.as_bytes()[end] == b']'
            && end > 1
        {
            found.insert(normal(&rest[..end]));
        }
    }
    found
}

/// Returns a label in its normal form, for comparing labels.
fn normal(label: &str) -> String {
    let mut strings = label.split_ascii_whitespace();
    let mut text = strings.next().unwrap_or_default().to_ascii_lowercase();
    for word in strings {
        text.push(' ');
        text.push_str(&word.to_ascii_lowercase());
    }
    text
}

/// An open element: a Markdown structure, or an HTML tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Markdown,
    Tag(&'static str),
}

/// An open numbered list: where its attributes belong in the HTML, and its next number.
struct Numbered {
    at: usize,
    next: u64,
}

/// The passages that a block may cite, and the bytes that references may still add.
#[derive(Clone, Copy)]
struct Citations<'a> {
    citable: &'a Citable,
    left: &'a Cell<usize>,
}

struct Writer<'a> {
    prefix: &'a str,
    strings: &'a Strings,
    prepared: &'a Prepared<'a>,
    /// The parser's input.
    input: &'a str,
    citations: Citations<'a>,
    /// The text of the paragraph so far, if there is something to cite.
    said: String,
    html: String,
    /// Text that is collected until it is complete, because the parser delivers it in parts.
    text: String,
    /// Whether the text is at the end of a block that may continue.
    ends_open: bool,
    /// Open structures and tags.
    marks: Vec<Mark>,
    /// For each tag that was looked up, where it is closed for the last time.
    last_closed: HashMap<&'static str, Option<usize>>,
    /// Open links, and whether each was written to the HTML.
    links: Vec<bool>,
    /// Nesting depth of images. Only the text inside them is shown.
    image: usize,
    /// Text for an image without a description, and where its description starts.
    image_name: (String, usize),
    in_code: bool,
    in_html: bool,
    /// Where the open HTML block begins.
    html_from: usize,
    /// Whether the whole text may continue, so that an element may still be closed.
    is_open: bool,
    needs_script: bool,
    /// Number of open emphasis, quotation and list structures.
    depth: usize,
    /// Open lists.
    lists: Vec<Option<Numbered>>,
    /// Alignment of the table columns, and the current column.
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl<'a> Writer<'a> {
    fn new(prefix: &'a str, strings: &'a Strings, prepared: &'a Prepared<'a>, input: &'a str, citations: Citations<'a>) -> Self {
        Self {
            prefix,
            strings,
            prepared,
            input,
            citations,
            said: String::new(),
            html: String::new(),
            text: String::new(),
            ends_open: false,
            marks: Vec::new(),
            last_closed: HashMap::new(),
            links: Vec::new(),
            image: 0,
            image_name: (String::new(), 0),
            in_code: false,
            in_html: false,
            html_from: 0,
            is_open: false,
            needs_script: false,
            depth: 0,
            lists: Vec::new(),
            columns: Vec::new(),
            column: 0,
            in_head: false,
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        while let Some(Mark::Tag(name)) = self.marks.pop() {
            self.html.push_str(&format!("</{name}>"));
        }
        self.html
    }

    fn put(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        if self.in_html {
            return self.html_block(&text);
        }
        if self.in_code || self.image > 0 {
            return escape(&mut self.html, &visible(&self.prepared.restore(&text)));
        }
        let prepared = self.prepared;
        let in_link = self.links.contains(&true);
        let mut parts = prepared.parts(&text).peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(text) if in_link => escape(&mut self.html, &visible(text)),
                Part::Text(text) => self.text(text, parts.peek().is_none()),
                Part::Formula(formula) if formula.is_display => {
                    self.put("<span class=\"formula\" tabindex=\"0\">");
                    self.formula(&formula.source, true);
                    self.put("</span>");
                }
                Part::Formula(formula) => self.formula(&formula.source, false),
            }
        }
    }

    /// Writes a text, with its addresses and citations as links.
    fn text(&mut self, text: &str, is_last: bool) {
        let Citations { citable, left } = self.citations;
        let (mut written, mut at) = (0, 0);
        while !citable.is_empty()
            && let Some(open) = text[at..].find('[')
        {
            at += open;
            let found = citable.at_start(&text[at..]);
            let Some((sources, length)) = found.filter(|(sources, _)| take(left, sources.iter().map(|it| citable.length(it)).sum())) else {
                at += 1;
                continue;
            };
            self.needs_script = true;
            linkify(&mut self.html, &visible(&text[written..at]), false);
            self.said.push_str(&text[written..at]);
            sources.into_iter().for_each(|source| citable.write(&mut self.html, source, &self.said));
            self.said.push_str(&text[at..at + length]);
            at += length;
            written = at;
        }
        linkify(&mut self.html, &visible(&text[written..]), self.ends_open && is_last);
        if !citable.is_empty() {
            self.said.push_str(&text[written..]);
        }
    }

    /// Writes an HTML block: as plain text, or as the content of a `details` element.
    fn html_block(&mut self, text: &str) {
        let text = self.prepared.restore(text);
        let Some(parts) = tags::block(&text) else {
            return self.between("<p class=\"raw\">", &text, "</p>");
        };
        for part in parts {
            match part {
                BlockPart::Open(is_open)
                    if self.marks.len() < DEEPEST && (self.is_open || self.is_closed_behind("details", self.html_from)) =>
                {
                    self.marks.push(Mark::Tag("details"));
                    self.put(if is_open { "<details open>" } else { "<details>" });
                }
                BlockPart::Close if self.marks.last() == Some(&Mark::Tag("details")) => {
                    self.marks.pop();
                    self.put("</details>");
                }
                BlockPart::Open(_) | BlockPart::Close => {}
                // A summary is one only where it is the first thing in its element.
                BlockPart::Summary(text) if self.html.ends_with("<details>") || self.html.ends_with("<details open>") => {
                    self.between("<summary>", text.trim(), "</summary>");
                }
                BlockPart::Summary(text) => self.between("<p><strong>", text.trim(), "</strong></p>"),
                BlockPart::Text(text) => self.between("<p class=\"raw\">", text.trim(), "</p>"),
            }
        }
    }

    fn between(&mut self, before: &str, text: &str, behind: &str) {
        self.put(before);
        escape(&mut self.html, &visible(text));
        self.put(behind);
    }

    /// Writes an HTML tag within a paragraph. Returns `false` if it must be shown as text.
    fn tag(&mut self, tag: &str, end: usize) -> bool {
        match tags::inline(tag) {
            Inline::Break => {
                self.flush();
                self.put(if self.image > 0 { " " } else { "<br>" });
            }
            Inline::Comment => self.flush(),
            Inline::Open(name) if self.image == 0 && self.marks.len() < DEEPEST && self.is_closed_behind(name, end) => {
                self.flush();
                self.marks.push(Mark::Tag(name));
                self.html.push_str(&format!("<{name}>"));
            }
            Inline::Close(name) if self.marks.last() == Some(&Mark::Tag(name)) => {
                self.flush();
                self.marks.pop();
                self.html.push_str(&format!("</{name}>"));
            }
            _ => return false,
        }
        true
    }

    /// Returns whether this tag is closed after a position.
    fn is_closed_behind(&mut self, name: &'static str, place: usize) -> bool {
        let input = self.input;
        let last = self.last_closed.entry(name).or_insert_with(|| {
            let [small, large] = [name.to_owned(), name.to_ascii_uppercase()].map(|name| input.rfind(&format!("</{name}>")));
            small.max(large)
        });
        last.is_some_and(|last| last >= place)
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Text(text) | Event::Html(text) => {
                self.text.push_str(&text);
                return;
            }
            Event::InlineHtml(tag) => {
                if !self.tag(&tag, range.end) {
                    self.text.push_str(&tag);
                }
                return;
            }
            _ => {}
        }
        self.flush();
        if self.image > 0 {
            match event {
                Event::Code(text) => escape(&mut self.html, &visible(&self.prepared.restore(&text))),
                Event::SoftBreak | Event::HardBreak => self.put(" "),
                Event::Start(Tag::Image { .. }) => self.image += 1,
                Event::End(TagEnd::Image) => self.end_image(),
                _ => {}
            }
            return;
        }
        match event {
            Event::Code(text) => {
                if !self.citations.citable.is_empty() {
                    self.said.push_str(&self.prepared.restore(&text));
                }
                self.put("<code>");
                escape(&mut self.html, &visible(&self.prepared.restore(&text)));
                self.put("</code>");
            }
            // A display formula ends its line.
            Event::SoftBreak if self.html.ends_with("</span>") => self.put("\n"),
            Event::SoftBreak | Event::HardBreak => {
                self.said.push(' ');
                self.put("<br>");
            }
            Event::Rule => self.put("<hr>"),
            Event::TaskListMarker(done) => {
                let (state, name) = if done { (" checked", self.strings.done) } else { ("", self.strings.to_do) };
                self.html.push_str(&format!("<input type=\"checkbox\" disabled{state} aria-label=\"{name}\"> "));
            }
            Event::FootnoteReference(label) => self.footnote_reference(&label),
            Event::Start(tag) => {
                if tag == Tag::HtmlBlock {
                    self.html_from = range.start;
                }
                self.start(tag);
            }
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        // An HTML block may open an element for the blocks after it.
        if !matches!(tag, Tag::Image { .. } | Tag::HtmlBlock) {
            self.marks.push(Mark::Markdown);
        }
        let nests = matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::BlockQuote(_) | Tag::List(_));
        self.depth += usize::from(nests);
        match tag {
            _ if nests && self.depth > DEEPEST => {}
            Tag::Item if self.depth > DEEPEST => self.put("<div>"),
            Tag::Paragraph => {
                self.said.clear();
                self.put("<p>");
            }
            Tag::Heading { level, .. } => self.html.push_str(&format!("<h{}>", below_the_page(level))),
            Tag::BlockQuote(kind) => self.quote(kind),
            Tag::CodeBlock(kind) => {
                self.in_code = true;
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => self.prepared.restore(info),
                    CodeBlockKind::Indented => "".into(),
                };
                let (caption, info) = (info::caption(&info), info::language(&info));
                self.put("<figure class=\"code\"><figcaption><span>");
                escape(&mut self.html, &visible(caption));
                let Strings { wrap, copy, save, preview, .. } = self.strings;
                self.html.push_str(&format!("</span><button type=\"button\" data-wrap aria-pressed=\"false\">{wrap}</button>"));
                if info::can_be_previewed(info) {
                    self.html.push_str(&format!("<button type=\"button\" data-preview aria-pressed=\"false\">{preview}</button>"));
                }
                self.html.push_str(&format!("<button type=\"button\" data-save>{save}</button>"));
                self.html.push_str(&format!("<button type=\"button\" data-copy>{copy}</button></figcaption><pre tabindex=\"0\"><code"));
                self.needs_script = true;
                if !info.is_empty() {
                    self.put(" class=\"language-");
                    escape(&mut self.html, info);
                    self.put("\"");
                }
                self.put(">");
            }
            Tag::HtmlBlock => self.in_html = true,
            Tag::List(None) => {
                self.lists.push(None);
                self.put("<ul>");
            }
            Tag::List(Some(start)) => {
                self.put("<ol");
                self.lists.push(Some(Numbered { at: self.html.len(), next: start }));
                if start != 1 {
                    self.html.push_str(&format!(" start=\"{start}\""));
                }
                self.put(">");
            }
            Tag::Item => {
                if let Some(Some(list)) = self.lists.last_mut() {
                    list.next += 1;
                }
                self.put("<li>");
            }
            Tag::FootnoteDefinition(label) => {
                let id = self.footnote_id(&label);
                self.html.push_str(&format!("<div class=\"footnote\" id=\"{id}\"><span class=\"label\">"));
                escape(&mut self.html, &label);
                self.put("</span><div>");
            }
            Tag::Table(columns) => {
                self.columns = columns;
                self.needs_script = true;
                self.put("<figure class=\"data\"><div class=\"table\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                self.put("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.put("<tr>");
            }
            Tag::TableCell => {
                let cell = if self.in_head { "th" } else { "td" };
                let class = match self.columns.get(self.column) {
                    Some(Alignment::Center) => " class=\"center\"",
                    Some(Alignment::Right) => " class=\"right\"",
                    _ => "",
                };
                self.html.push_str(&format!("<{cell}{class}>"));
                self.column += 1;
            }
            Tag::Emphasis => self.put("<em>"),
            Tag::Strong => self.put("<strong>"),
            Tag::Strikethrough => self.put("<del>"),
            Tag::Link { dest_url, title, .. } => {
                let written = self.open_link(&self.prepared.restore(&dest_url), &self.prepared.restore(&title), "");
                self.links.push(written);
            }
            Tag::Image { dest_url, title, .. } => {
                self.image = 1;
                self.needs_script = true;
                let (url, title) = (self.prepared.restore(&dest_url), self.prepared.restore(&title));
                // An image within a link can't be a link of its own.
                let written = !self.links.contains(&true) && self.open_link(&url, &title, "image");
                self.links.push(written);
                let name = if is_safe(&url) { url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()) } else { None };
                self.image_name = (name.unwrap_or_default().to_owned(), self.html.len());
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if tag == TagEnd::HtmlBlock {
            self.in_html = false;
            return;
        }
        while let Some(Mark::Tag(name)) = self.marks.pop() {
            self.html.push_str(&format!("</{name}>"));
        }
        let nests = matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::BlockQuote(_) | TagEnd::List(_));
        let depth = self.depth;
        self.depth -= usize::from(nests);
        match tag {
            _ if nests && depth > DEEPEST => {}
            TagEnd::Item if depth > DEEPEST => self.put("</div>"),
            TagEnd::Paragraph => self.put("</p>"),
            TagEnd::Heading(level) => self.html.push_str(&format!("</h{}>", below_the_page(level))),
            TagEnd::BlockQuote(_) => self.put("</blockquote>"),
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.put("</code></pre></figure>");
            }
            TagEnd::List(ordered) => {
                self.end_list();
                self.put(if ordered { "</ol>" } else { "</ul>" });
            }
            TagEnd::Item => self.put("</li>"),
            TagEnd::FootnoteDefinition => self.put("</div></div>"),
            TagEnd::Table => {
                let Strings { copy, csv, .. } = self.strings;
                self.put("</tbody></table></div><figcaption><button type=\"button\" data-copy-table data-confirms>");
                self.html.push_str(&format!("{copy}</button><button type=\"button\" data-csv>{csv}</button></figcaption></figure>"));
            }
            TagEnd::TableHead => {
                self.in_head = false;
                self.put("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.put("</tr>"),
            TagEnd::TableCell => self.put(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.put("</em>"),
            TagEnd::Strong => self.put("</strong>"),
            TagEnd::Strikethrough => self.put("</del>"),
            TagEnd::Link if self.links.pop() == Some(true) => self.put("</a>"),
            _ => {}
        }
    }

    fn end_image(&mut self) {
        self.image -= 1;
        if self.image > 0 {
            return;
        }
        let (name, at) = std::mem::take(&mut self.image_name);
        if self.html.len() == at {
            escape(&mut self.html, &name);
        }
        if self.links.pop() == Some(true) {
            self.put("</a>");
        }
    }

    /// Tells the style sheet how wide the numbers of a list are if they are wider than usual.
    fn end_list(&mut self) {
        if let Some(Some(Numbered { at, next })) = self.lists.pop() {
            let digits = (next - 1).max(1).ilog10() + 1;
            if digits > 2 {
                self.html.insert_str(at, &format!(" class=\"digits-{digits}\""));
            }
        }
    }

    /// Writes a formula. In the browser this is its source until the module that renders formulas is loaded; see `browser/modules/enhance.js`.
    fn formula(&mut self, source: &str, display: bool) {
        if let Some(mathml) = mathml(source, display) {
            return self.put(&mathml);
        }
        self.needs_script = true;
        self.put("<code data-formula>");
        escape(&mut self.html, source);
        self.put("</code>");
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) {
        let (class, name) = match kind {
            None => return self.put("<blockquote>"),
            Some(BlockQuoteKind::Note) => ("note", self.strings.note),
            Some(BlockQuoteKind::Tip) => ("tip", self.strings.tip),
            Some(BlockQuoteKind::Important) => ("important", self.strings.important),
            Some(BlockQuoteKind::Warning) => ("warning", self.strings.warning),
            Some(BlockQuoteKind::Caution) => ("caution", self.strings.caution),
        };
        self.html.push_str(&format!("<blockquote class=\"{class}\"><p class=\"kind\">{name}</p>"));
    }

    fn footnote_reference(&mut self, label: &str) {
        let id = self.footnote_id(label);
        self.html.push_str(&format!("<sup><a href=\"#{id}\">"));
        escape(&mut self.html, label);
        self.put("</a></sup>");
    }

    fn footnote_id(&self, label: &str) -> String {
        let mut id = format!("{}fn-", self.prefix);
        for byte in normal(label).bytes() {
            if byte.is_ascii_alphanumeric() {
                id.push(char::from(byte));
            } else {
                id.push_str(&format!("_{byte:02x}"));
            }
        }
        id
    }

    /// Opens a link if its target is allowed.
    fn open_link(&mut self, url: &str, title: &str, class: &str) -> bool {
        if !is_safe(url) {
            return false;
        }
        self.put("<a href=\"");
        escape(&mut self.html, url);
        self.put("\"");
        if !title.is_empty() {
            self.put(" title=\"");
            escape(&mut self.html, title);
            self.put("\"");
        }
        if !class.is_empty() {
            self.put(" class=\"");
            self.put(class);
            self.put("\"");
        }
        self.put(" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
        true
    }
}

#[cfg(feature = "ssr")]
use holdfast_formulas::mathml;
#[cfg(not(feature = "ssr"))]
fn mathml(_: &str, _: bool) -> Option<String> {
    None
}

/// Returns the level of a heading on the page: headings of a text are below those of the page.
fn below_the_page(level: HeadingLevel) -> u8 {
    (level as u8 + 2).min(6)
}
