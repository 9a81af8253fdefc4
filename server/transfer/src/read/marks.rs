//! Citation marks in ChatGPT's texts. What they refer to is in the metadata of the message, or in the mark itself.
//!
//! There are three generations: `【4†source】`, `:contentReference[oaicite:0]{index=0}`, and words between private-use characters.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use super::{
    form,
    json::{Fields, Json},
};

/// The characters around a mark, and between its words.
const BEGIN: char = '\u{e200}';
const END: char = '\u{e201}';
const NEXT: char = '\u{e202}';
/// The characters around a mark of the first generation, and its maximum length.
const OLD: char = '【';
const OLD_LONGEST: usize = 300;
/// The start of a mark of the second generation.
const REFERENCE: &str = ":contentReference[oaicite:";
/// Maximum number of bytes that marks may add to a text, because thousands of marks may refer to one long reference.
const MOST_ADDED: usize = 256 * 1024;
/// Maximum number of references of a message, and of a list in one, that are examined.
const MOST_REFERENCES: usize = 100_000;

/// The meaning of a message's marks.
pub(super) struct Marks<'a> {
    metadata: &'a Fields<'a>,
    known: OnceCell<Known>,
}

#[derive(Default)]
struct Known {
    /// Replacement of each known mark.
    marks: HashMap<String, String>,
    /// Links to sources, by the names that marks use: `turn0search3`.
    sources: HashMap<String, String>,
    /// Links to sources, by the number in a mark of the first generation, by the mark's position (characters), and by its index.
    numbered: HashMap<u64, String>,
    placed: HashMap<u64, String>,
    ordered: Vec<String>,
}

impl<'a> Marks<'a> {
    /// Reads the metadata of a message.
    pub(super) fn of(metadata: &'a Fields<'a>) -> Self {
        Self { metadata, known: OnceCell::new() }
    }

    /// Replaces the marks of a text by their meaning; marks without one are removed. Each character is examined a limited number of
    /// times, however many marks and references there are.
    pub(super) fn resolve(&self, text: String) -> String {
        if !text.contains(is_sign) && !text.contains(OLD) && !text.contains(REFERENCE) {
            return text;
        }
        let known = self.known.get_or_init(|| Known::of(self.metadata));
        let (mut resolved, mut rest, mut added, mut passed) = (String::with_capacity(text.len()), text.as_str(), 0, 0);
        while let Some(at) = rest.find(|c: char| is_sign(c) || c == OLD || c == ':') {
            let (before, from) = rest.split_at(at);
            resolved.push_str(before);
            passed += before.chars().count() as u64;
            let (words, after) = known.next(from, passed);
            // A character that does not belong to a mark is kept.
            let is_kept = words.len() + after.len() == from.len() && from.starts_with(words.as_str());
            added += if is_kept { 0 } else { words.len() };
            if is_kept || added <= MOST_ADDED {
                resolved.push_str(&words);
            }
            passed += from[..from.len() - after.len()].chars().count() as u64;
            rest = after;
        }
        resolved.push_str(rest);
        resolved
    }
}

fn is_sign(c: char) -> bool {
    ('\u{e200}'..='\u{e20f}').contains(&c)
}

impl Known {
    fn of(metadata: &Fields<'_>) -> Self {
        let mut known = Self::default();
        for reference in metadata.get("content_references").values().take(MOST_REFERENCES) {
            known.reference(&reference.fields());
        }
        for group in metadata.get("search_result_groups").values().take(MOST_REFERENCES) {
            for entry in group.fields().get("entries").values().take(MOST_REFERENCES) {
                known.source(&entry.fields());
            }
        }
        for citation in metadata.get("citations").values().take(MOST_REFERENCES) {
            let citation = citation.fields();
            let source = citation.get("metadata").fields();
            let link = link_to(&source);
            let count = |value: Json<'_>| value.number().map(|number| number as u64);
            if let Some(number) = count(source.get("extra").fields().get("cited_message_idx")) {
                known.numbered.entry(number).or_insert_with(|| link.clone());
            }
            if let Some(place) = count(citation.get("start_ix")) {
                known.placed.entry(place).or_insert_with(|| link.clone());
            }
            known.ordered.push(link);
        }
        known
    }

    fn reference(&mut self, reference: &Fields<'_>) {
        let items = reference.get("items");
        for item in items.values().take(MOST_REFERENCES) {
            let item = item.fields();
            self.source(&item);
            for other in item.get("supporting_websites").values() {
                self.source(&other.fields());
            }
        }
        let alt = reference.get("alt").words().or_else(|| {
            let is_hidden = reference.get("type").string().as_deref() == Some("hidden");
            let mut links = std::iter::once(link_to(reference)).chain(items.values().map(|item| link_to(&item.fields())));
            links.find(|link| !link.is_empty() && !is_hidden)
        });
        let Some(matched) = reference.get("matched_text").words() else { return };
        // Text without a mark is not a reference.
        let mark = match (matched.find(BEGIN), matched.find(OLD)) {
            (Some(at), _) => mark(&matched[at..]).map(|(mark, _)| mark),
            (None, Some(at)) => old(&matched[at..]).map(|(mark, _)| mark),
            _ => None,
        };
        if let Some(mark) = mark {
            self.marks.entry(mark.to_owned()).or_insert(alt.unwrap_or_default());
        }
    }

    fn source(&mut self, source: &Fields<'_>) {
        let link = link_to(source);
        if link.is_empty() {
            return;
        }
        for id in std::iter::once(source.get("ref_id")).chain(source.get("refs").values()) {
            let id = id.fields();
            let part = |name: &str| id.get(name).name();
            if let (Some(turn), Some(kind), Some(at)) = (part("turn_index"), part("ref_type"), part("ref_index")) {
                self.sources.entry(format!("turn{turn}{kind}{at}")).or_insert_with(|| link.clone());
            }
        }
    }

    /// Returns the replacement for the beginning of a text, and the rest. `passed` is the number of characters before it.
    fn next<'a>(&self, from: &'a str, passed: u64) -> (String, &'a str) {
        let first = from.chars().next().unwrap_or(END);
        let behind = &from[first.len_utf8()..];
        match first {
            BEGIN => match mark(from) {
                Some((mark, after)) => {
                    let words = self.marks.get(mark).filter(|words| !words.is_empty()).cloned();
                    (words.unwrap_or_else(|| self.own_words(mark)), after)
                }
                // A mark without an end: remove its words if there are any, otherwise only its first character.
                None => {
                    let kind = behind.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
                    let is_mark = kind > 0 && behind[kind..].starts_with(NEXT);
                    let length = behind[kind..].find(|c: char| c.is_whitespace() || c == BEGIN).map_or(behind.len(), |at| kind + at);
                    (String::new(), if is_mark { &behind[length..] } else { behind })
                }
            },
            OLD => match old(from) {
                Some((mark, after)) => (self.old_words(mark, passed), after),
                None => (first.to_string(), behind),
            },
            ':' => match from
                .strip_prefix(REFERENCE)
                .and_then(|rest| Some((&rest[..rest.bytes().take(40).position(|byte| byte == b'}')?], rest)))
            {
                Some((inside, rest)) => {
                    let number = inside.split(']').next().and_then(|number| number.parse::<usize>().ok());
                    let link = number.and_then(|number| self.ordered.get(number)).filter(|link| !link.is_empty());
                    (link.map(|link| format!(" {link}")).unwrap_or_default(), &rest[inside.len() + 1..])
                }
                None => (first.to_string(), behind),
            },
            _ => (String::new(), behind),
        }
    }

    /// Returns the text that a mark itself contains.
    fn own_words(&self, mark: &str) -> String {
        let inside = mark.trim_matches([BEGIN, END]);
        if !inside.contains(NEXT) {
            return String::new();
        }
        let mut parts = inside.split(NEXT);
        let kind = parts.next().unwrap_or_default();
        let (mut words, mut links, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for part in parts {
            let value = Json::of(part);
            if value.is_list() {
                // ["people","A. Smithson",0]: kind and name.
                let mut names = value.elements().take(3).filter_map(Json::words);
                let first = names.next();
                words.extend(names.next().or(first));
            } else if value.is_object() {
                let named = value.fields().get("selections");
                words.extend(named.values().take(20).filter_map(|one| one.elements().nth(1)?.words()));
            } else {
                let found = part.split(',').filter_map(|id| self.sources.get(id.trim()));
                let before = links.len();
                links.extend(found.filter(|link| seen.insert(link.as_str())).take(20));
                if links.len() == before && !is_name_of_source(part) && !part.trim().is_empty() {
                    words.push(part.to_owned());
                }
            }
        }
        match (kind, words.as_slice()) {
            ("url", [title, url, ..]) if form::is_address(url) => form::link(title, url),
            ("image_group" | "i" | "cite" | "filecite" | "memcite" | "forecast" | "finance", _) => links_of(&links),
            (_, []) => links_of(&links),
            _ if links.is_empty() => words.join(", "),
            _ => format!("{} {}", words.join(", "), links_of(&links)),
        }
    }

    fn old_words(&self, mark: &str, passed: u64) -> String {
        if let Some(words) = self.marks.get(mark).filter(|words| !words.is_empty()) {
            return format!(" {words}");
        }
        let inside = mark.trim_matches([OLD, '】']);
        let (number, name) = inside.split_once('†').unwrap_or((inside, ""));
        let number = number.split(':').next().and_then(|number| number.trim().parse::<u64>().ok());
        let link = number.and_then(|number| self.numbered.get(&number)).or_else(|| self.placed.get(&passed));
        match link.filter(|link| !link.is_empty()) {
            Some(link) => format!(" {link}"),
            // A proper name, and not a position in the source.
            None if !name.is_empty() && name != "source" && !is_name_of_source(name) => format!(" ({name})"),
            None => String::new(),
        }
    }
}

fn links_of(links: &[&String]) -> String {
    links.iter().map(|link| link.as_str()).collect::<Vec<_>>().join(" ")
}

/// Returns whether this is a position such as `turn0search3` or `L12-L15`, which is not for readers.
fn is_name_of_source(part: &str) -> bool {
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_one = |id: &str| {
        id.strip_prefix("turn").or_else(|| id.strip_prefix('L')).is_some_and(digits)
            || id.bytes().all(|byte| !byte.is_ascii_alphabetic() && byte.is_ascii())
    };
    part.split(',').all(|id| is_one(id.trim()))
}

/// Returns `([title](url))`, or the name of a file; empty if there is neither.
fn link_to(source: &Fields<'_>) -> String {
    let title = source.first(&["title", "name", "attribution"]).words();
    match source.get("url").words().filter(|url| form::is_address(url)) {
        Some(url) => format!("({})", form::link(title.as_deref().unwrap_or_default(), &url)),
        None => title.map(|title| format!("({})", form::line(&title, 200))).unwrap_or_default(),
    }
}

/// Returns the mark at the start of a text, and the rest. A mark is on one line and contains no other mark, so no text is searched twice.
fn mark(text: &str) -> Option<(&str, &str)> {
    let inside = &text[BEGIN.len_utf8()..];
    let end = inside.find([END, BEGIN, '\n']).filter(|end| inside[*end..].starts_with(END))?;
    Some(text.split_at(BEGIN.len_utf8() + end + END.len_utf8()))
}

/// Returns a mark of the first generation: a number, a dagger and a name, or `oaicite:` and a number. Other words in such brackets are
/// text.
fn old(text: &str) -> Option<(&str, &str)> {
    let inside = &text[OLD.len_utf8()..];
    let end = inside.char_indices().take(OLD_LONGEST).find(|(_, c)| matches!(*c, '】' | OLD | '\n')).filter(|(_, c)| *c == '】')?.0;
    let is_mark = match inside[..end].split_once('†') {
        Some((number, _)) => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'),
        None => inside[..end].starts_with("oaicite:"),
    };
    is_mark.then(|| text.split_at(OLD.len_utf8() + end + '】'.len_utf8()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reference(matched: &str, alt: &str) -> Value {
        json!({"matched_text": matched, "alt": alt})
    }

    fn resolved_by(text: &str, metadata: &Value) -> String {
        let metadata = metadata.to_string();
        Marks::of(&Json::of(&metadata).fields()).resolve(text.to_owned())
    }

    fn resolved(text: &str, references: &[Value]) -> String {
        resolved_by(text, &json!({"content_references": references}))
    }

    #[test]
    fn marks_are_what_they_stand_for_and_nothing_else_is_lost() {
        let known = [reference("\u{e200}a\u{e201}", "(A)"), reference(" ", "never"), reference(" \u{e200}b\u{e202}c\u{e201}", "(B)")];
        assert_eq!(resolved("x\u{e200}a\u{e201} y\u{e200}b\u{e202}c\u{e201}z: 1", &known), "x(A) y(B)z: 1");
        assert_eq!(resolved("x\u{e200}unknown\u{e201}y", &known), "xy");
        assert_eq!(resolved("x\u{e200}never ends\nand on \u{e200}\u{e200}a\u{e201}", &known), "xnever ends\nand on (A)");
        assert_eq!(resolved("x\u{e201}y \u{e203}span\u{e204} \u{e200}cite\u{e202}turn0sea", &known), "xy span ");
    }

    #[test]
    fn marks_that_nothing_is_said_about_say_what_they_hold() {
        for (mark, words) in [
            ("entity\u{e202}[\"people\",\"A. Smithson\",0]", "A. Smithson"),
            ("entity\u{e202}[\"Oslo\"]", "Oslo"),
            ("url\u{e202}Iron\u{e202}https://e.com/a(b)", "[Iron](https://e.com/a%28b%29)"),
            ("navlist\u{e202}More about it\u{e202}turn0news1,turn0news2", "More about it"),
            ("video\u{e202}How it works\u{e202}turn0search2", "How it works ([S](https://s.com))"),
            ("cite\u{e202}turn0search2\u{e202}turn0search9", "([S](https://s.com))"),
            ("filecite\u{e202}turn0file0\u{e202}L1-L9", "(plan.pdf)"),
            ("image_group\u{e202}{\"query\":[\"a cat\"]}", ""),
            ("products\u{e202}{\"selections\":[[\"turn0product1\",\"A lamp\"],[\"turn0product2\",\"A shelf\"]]}", "A lamp, A shelf"),
        ] {
            let id = |kind: &str, at: u32| json!({"turn_index": 0, "ref_type": kind, "ref_index": at});
            let metadata = json!({"search_result_groups": [{"entries": [{"ref_id": id("search", 2), "title": "S", "url": "https://s.com"}]}],
                "content_references": [{"items": [{"refs": [id("file", 0)], "name": "plan.pdf"}]}]});
            assert_eq!(resolved_by(&format!("a \u{e200}{mark}\u{e201}."), &metadata), format!("a {words}."), "{mark}");
        }
    }

    #[test]
    fn marks_of_the_first_generations_become_links_or_go() {
        let metadata = json!({"citations": [
            {"start_ix": 3, "metadata": {"title": "T", "url": "https://t.com", "extra": {"cited_message_idx": 4}}},
            {"start_ix": 1, "metadata": {"title": "U [1]", "url": "https://u.com"}}]});
        for (text, said) in [
            ("a【4†source】.", "a ([T](https://t.com))."),
            ("ä【9†source】.", "ä ([U \\[1\\]](https://u.com))."),
            ("ab【9†source】.", "ab."),
            ("ab【4:0†L1-L5】.", "ab ([T](https://t.com))."),
            ("ab【7†report.pdf】.", "ab (report.pdf)."),
            ("注意【重要】。 【未完", "注意【重要】。 【未完"),
            ("a:contentReference[oaicite:0]{index=0} b", "a ([T](https://t.com)) b"),
            ("a:contentReference[oaicite:9]{index=9} b: c", "a b: c"),
            ("ab【oaicite:0】", "ab"),
        ] {
            assert_eq!(resolved_by(text, &metadata), said, "{text}");
        }
    }

    #[test]
    fn what_marks_add_is_bounded() {
        let known = [reference("\u{e200}a\u{e201}", &"long ".repeat(10_000))];
        let text = "\u{e200}a\u{e201}".repeat(100_000);
        assert!(resolved(&text, &known).len() <= MOST_ADDED);
    }

    #[test]
    fn a_hundred_thousand_marks_and_references_are_no_more_than_their_bytes() {
        // Each of these took quadratic time in an earlier version; at this size that would be hours.
        let references: Vec<Value> = (0..100_000).map(|n| reference(&format!("\u{e200}{n}\u{e201}"), "")).collect();
        let text: String = (0..100_000).map(|n| format!("word \u{e200}{n}\u{e201}")).collect();
        assert_eq!(resolved(&text, &references), "word ".repeat(100_000));
        assert_eq!(resolved(&"\u{e200}".repeat(500_000), &references), "");
        assert_eq!(resolved(&"\u{e200}x".repeat(500_000), &references), "x".repeat(500_000));
        assert_eq!(resolved(&"\u{e200}\u{e201}".repeat(500_000), &[]), "");
        assert_eq!(resolved(&"【1".repeat(200_000), &[]).len(), 800_000);
        assert_eq!(resolved(&REFERENCE.repeat(50_000), &[]).len(), REFERENCE.len() * 50_000);
        assert_eq!(resolved(&"\u{e200}a\u{e202}".repeat(200_000), &[]), "");
    }
}
