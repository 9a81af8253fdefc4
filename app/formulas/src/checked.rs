//! What was rendered, looked at once more: nothing but MathML goes into a page.

const TAGS: [&str; 24] = [
    "math",
    "mi",
    "mn",
    "mo",
    "ms",
    "mtext",
    "mspace",
    "mrow",
    "mfrac",
    "msqrt",
    "mroot",
    "msub",
    "msup",
    "msubsup",
    "munder",
    "mover",
    "munderover",
    "mmultiscripts",
    "mprescripts",
    "mtable",
    "mtr",
    "mtd",
    "mpadded",
    "mphantom",
];

const ATTRIBUTES: [&str; 24] = [
    "display",
    "class",
    "stretchy",
    "symmetric",
    "largeop",
    "movablelimits",
    "accent",
    "accentunder",
    "fence",
    "separator",
    "form",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
    "mathvariant",
    "displaystyle",
    "scriptlevel",
    "width",
    "height",
    "depth",
    "voffset",
    "linethickness",
    "columnalign",
];

/// The same without its styles, which the page does not allow; none where there is anything in it that is no MathML.
pub(crate) fn checked(mathml: &str) -> Option<String> {
    let mut checked = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((text, tag)) = rest.split_once('<') {
        checked.push_str(text);
        if !tag.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()) {
            // The sign, which the renderer writes as it is.
            checked.push_str("&lt;");
            rest = tag;
            continue;
        }
        checked.push('<');
        let tag = match tag.strip_prefix('/') {
            Some(tag) => {
                checked.push('/');
                tag
            }
            None => tag,
        };
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().filter(|name| TAGS.contains(name))?;
        checked.push_str(name);
        rest = attributes(&tag[name.len()..], &mut checked)?;
    }
    checked.push_str(rest);
    Some(checked)
}

/// Takes what is between a tag's name and its end; gives what follows.
fn attributes<'a>(mut rest: &'a str, checked: &mut String) -> Option<&'a str> {
    loop {
        rest = rest.trim_start_matches(' ');
        for end in [">", "/>"] {
            if let Some(after) = rest.strip_prefix(end) {
                checked.push_str(end);
                return Some(after);
            }
        }
        let (name, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if name != "style" {
            if !ATTRIBUTES.contains(&name) || value.contains(['<', '>', '&']) {
                return None;
            }
            checked.push_str(&format!(" {name}=\"{value}\""));
        }
        rest = after;
    }
}
