//! Checks the converter's output: only MathML may go into a page, and styles become classes, because the page's policy forbids styles.

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

const ATTRIBUTES: [&str; 21] = [
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
];

/// Style declarations, and the classes that replace them. Others are removed.
const CLASSES: [(&str, &str); 11] = [
    ("text-align:right", "right"),
    ("text-align:left", "left"),
    ("padding-left:0", "tight-left"),
    ("padding-right:0", "tight-right"),
    ("padding-left:1em", "apart"),
    ("border-left:0.05emsolidcurrentcolor", "rule-left"),
    ("border-right:0.05emsolidcurrentcolor", "rule-right"),
    ("border-top:0.05emsolidcurrentcolor", "rule-above"),
    ("border-bottom:0.05emsolidcurrentcolor", "rule-below"),
    ("border-top:0.05emdashedcurrentcolor", "rule-above"),
    ("margin-left:-0.16666667em", "back"),
];

/// Returns the MathML without styles, or `None` if it contains anything other than MathML.
pub(crate) fn checked(mathml: &str) -> Option<String> {
    let mut checked = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((text, tag)) = rest.split_once('<') {
        checked.push_str(text);
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

/// Checks what is between a tag's name and its end; returns the rest.
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
        if name == "style" {
            let declarations = value.split(';').map(|declaration| declaration.replace(' ', ""));
            let classes = declarations.filter_map(|one| CLASSES.iter().find(|(known, _)| *known == one).map(|(_, class)| *class));
            let classes: Vec<&str> = classes.collect();
            if !classes.is_empty() {
                checked.push_str(&format!(" class=\"{}\"", classes.join(" ")));
            }
        } else {
            if !ATTRIBUTES.contains(&name) || value.contains(['<', '>', '&']) {
                return None;
            }
            checked.push_str(&format!(" {name}=\"{value}\""));
        }
        rest = after;
    }
}
