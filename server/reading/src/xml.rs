//! XML, event by event. Entities of a document's own are not expanded: a document type declaration is damage in the formats read here.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::out::Stop;

/// Maximum number of elements inside each other.
const DEPTH: usize = 5_000;

/// Something in a document.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// An element starts. An empty one ends at once.
    Start(Element<'a>),
    /// An element ends: its name without prefix.
    End(String),
    Text(String),
}

/// The start of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without prefix.
    pub(crate) fn name(&self) -> &str {
        local(self.0.name().into_inner())
    }

    /// The value of an attribute, by its name without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes(name).into_iter().next()
    }

    /// The values of all attributes with this name after their prefix.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for attribute in self.0.attributes().with_checks(false).flatten() {
            if local(attribute.key.into_inner()) == name {
                values.push(unescape(&attribute.value));
            }
        }
        values
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn unescape(text: &str) -> String {
    let Some((mut out, mut rest)) = text.split_once('&').map(|(before, rest)| (before.to_owned(), rest)) else { return text.to_owned() };
    loop {
        match rest.split_once(';').and_then(|(name, after)| Some((entity(name)?, after))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => out.push('&'),
        }
        match rest.split_once('&') {
            Some((before, after)) => {
                out.push_str(before);
                rest = after;
            }
            None => {
                out.push_str(rest);
                return out;
            }
        }
    }
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r'))?
        }
    })
}

/// Passes each node of a document to a function.
///
/// # Errors
/// The document breaks the rules of XML, or the function fails.
pub(crate) fn each(bytes: &[u8], mut on_node: impl FnMut(Node<'_>) -> Result<(), Stop>) -> Result<(), Stop> {
    let decoded;
    let bytes = if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xFF, 0xFE]) {
        decoded = crate::kind::decode(bytes).ok_or(Stop::DAMAGED)?;
        decoded.as_bytes()
    } else {
        bytes
    };
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().check_end_names = false;
    let mut depth = 0_usize;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Stop::DAMAGED)? {
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH {
                    return Err(Stop::DAMAGED);
                }
                on_node(Node::Start(Element(start)))?;
            }
            Event::Empty(start) => {
                let name = local(start.name().into_inner()).to_owned();
                on_node(Node::Start(Element(start)))?;
                on_node(Node::End(name))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                on_node(Node::End(local(end.name().into_inner()).to_owned()))?;
            }
            Event::Text(text) => on_node(Node::Text(text.xml10_content().into_owned()))?,
            Event::CData(text) => on_node(Node::Text(text.xml10_content().into_owned()))?,
            Event::GeneralRef(name) => {
                let c = entity(&name.into_inner()).ok_or(Stop::DAMAGED)?;
                on_node(Node::Text(c.to_string()))?;
            }
            Event::DocType(_) => return Err(Stop::DAMAGED),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return if depth == 0 { Ok(()) } else { Err(Stop::DAMAGED) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn references_are_resolved() {
        assert_eq!(unescape("a &amp; b &#x41;&#66; &unknown; & c"), "a & b AB &unknown; & c");
    }
}
