//! Chemical formulas in the syntax of mhchem.

/// Converts a chemical formula to plain LaTeX.
pub(crate) fn latex(source: &str) -> Option<String> {
    let mut latex = String::new();
    let mut rest = source;
    // Whether a number here counts atoms, because it follows an element or a bracket.
    let mut is_behind_atom = false;
    let mut is_behind_script = false;
    while let Some(c) = rest.chars().next() {
        if let Some((sign, arrow)) = ARROWS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            rest = &rest[sign.len()..];
            let (above, behind) = label(rest)?;
            let (below, behind) = label(behind)?;
            rest = behind;
            let below = if below.is_empty() { String::new() } else { format!("[{}]", self::latex(below)?) };
            latex.push_str(&format!("\\{arrow}{below}{{{}}}", self::latex(above)?));
            is_behind_atom = false;
            continue;
        }
        let taken = match c {
            'A'..='Z' | 'a'..='z' => {
                let mut length = 1 + rest[1..].bytes().take_while(u8::is_ascii_lowercase).count();
                if c.is_ascii_lowercase() {
                    length = length.max(1);
                }
                latex.push_str(&format!("\\mathrm{{{}}}", &rest[..length]));
                is_behind_atom = true;
                length
            }
            '0'..='9' => {
                let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/')).count();
                let number = rest[..length].trim_end_matches('.');
                if is_behind_atom {
                    latex.push_str(&format!("_{{{number}}}"));
                } else if let Some((above, below)) = number.split_once('/') {
                    latex.push_str(&format!("\\tfrac{{{above}}}{{{below}}}"));
                } else {
                    latex.push_str(&format!("{number}\\,"));
                }
                number.len().max(1)
            }
            '^' | '_' => {
                let (script, length) = script(&rest[1..])?;
                let script = script.replace('-', "{-}");
                // The number and charge of an isotope precede its letters.
                if !is_behind_atom && !is_behind_script {
                    latex.push_str("{}");
                }
                latex.push_str(&format!("{c}{{\\mathrm{{{script}}}}}"));
                // A number after it, as in `^{227}_{90}Th+`, belongs to what follows.
                1 + length
            }
            '+' | '-' => {
                let is_charge =
                    is_behind_atom && (rest.len() == 1 || rest[1..].starts_with([' ', ']', ')', '}', '^', '_']) || rest[1..].is_empty());
                match (is_charge, c) {
                    (true, _) => latex.push_str(&format!("^{{{c}}}")),
                    (false, '+') => latex.push('+'),
                    // A bond.
                    (false, _) => latex.push_str("{-}"),
                }
                is_behind_atom = is_charge;
                1
            }
            '=' => {
                latex.push_str("{=}");
                1
            }
            '#' => {
                latex.push_str("{\\equiv}");
                1
            }
            '(' | '[' => {
                latex.push(c);
                is_behind_atom = false;
                1
            }
            ')' | ']' => {
                latex.push(c);
                is_behind_atom = true;
                1
            }
            '{' => {
                let end = crate::scan::closing(rest, '{', '}')?;
                latex.push_str(&format!("{{{}}}", self::latex(&rest[1..end])?));
                end + 1
            }
            '$' => {
                let end = rest[1..].find('$')? + 1;
                latex.push_str(&format!("{{{}}}", &rest[1..end]));
                is_behind_atom = true;
                end + 1
            }
            '\\' => {
                let length = 1 + crate::scan::Scan::new(&rest[1..]).name().len();
                latex.push_str(&rest[..length]);
                latex.push(' ');
                is_behind_atom = true;
                length
            }
            '*' | '.' | '·' => {
                latex.push_str("\\cdot ");
                is_behind_atom = false;
                c.len_utf8()
            }
            ' ' => {
                let word = rest[1..].split(' ').next().unwrap_or_default();
                match word {
                    "v" => latex.push_str("\\downarrow "),
                    "^" => latex.push_str("\\uparrow "),
                    _ => {}
                }
                is_behind_atom = false;
                if matches!(word, "v" | "^") { 1 + word.len() } else { 1 }
            }
            c if c.is_control() => return None,
            c => {
                latex.push(c);
                c.len_utf8()
            }
        };
        is_behind_script = matches!(c, '^' | '_');
        rest = &rest[taken..];
    }
    Some(latex)
}

/// Arrows, the longest first.
const ARROWS: [(&str, &str); 8] = [
    ("<=>>", "xrightleftharpoons"),
    ("<<=>", "xrightleftharpoons"),
    ("<-->", "xleftrightarrow"),
    ("<=>", "xrightleftharpoons"),
    ("<->", "xleftrightarrow"),
    ("->", "xrightarrow"),
    ("<-", "xleftarrow"),
    ("⇌", "xrightleftharpoons"),
];

/// Returns the text in brackets after an arrow, and the rest.
fn label(rest: &str) -> Option<(&str, &str)> {
    if !rest.starts_with('[') {
        return Some(("", rest));
    }
    let end = crate::scan::closing(rest, '[', ']')?;
    Some((&rest[1..end], &rest[end + 1..]))
}

/// Returns what follows `^` or `_`: a group, or a number and a sign.
fn script(rest: &str) -> Option<(&str, usize)> {
    if rest.starts_with('{') {
        let end = crate::scan::closing(rest, '{', '}')?;
        return Some((&rest[1..end], end + 1));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let signs = rest[digits..].bytes().take_while(|byte| matches!(byte, b'+' | b'-')).count().min(1);
    let length = if digits + signs > 0 { digits + signs } else { rest.chars().next()?.len_utf8() };
    Some((&rest[..length], length))
}
