//! Commands that are converted to MathML here, because the converter does not support them, or produces something that the page forbids.

use crate::{
    chemistry,
    rewrite::Rewriter,
    scan::{self, Scan},
    text::{escaped, words},
    units,
};

/// Converts a command for the converter. Returns `Some(None)` if the command is not one of these, and `None` for an error.
pub(crate) fn read(rewriter: &mut Rewriter<'_>, name: &str, scan: &mut Scan<'_>) -> Option<Option<String>> {
    if let Some(class) = text_class(name) {
        let inner = words(rewriter, scan.argument()?, class)?;
        return Some(Some(rewriter.put(format!("<mrow>{inner}</mrow>"))?));
    }
    let mathml = match name {
        "boxed" | "fbox" | "framebox" => element(rewriter, "boxed", scan, name != "boxed")?,
        "cancel" => element(rewriter, "struck-up", scan, false)?,
        "bcancel" => element(rewriter, "struck-down", scan, false)?,
        "xcancel" => element(rewriter, "struck-up struck-down", scan, false)?,
        "sout" | "st" | "hcancel" => element(rewriter, "struck", scan, name != "hcancel")?,
        "cancelto" => {
            let (to, what) = (scan.argument()?, scan.argument()?);
            let (to, what) = (rewriter.row(to)?, rewriter.row(what)?);
            format!("<msup><mrow class=\"struck-up\">{what}</mrow>{to}</msup>")
        }
        "overline" | "overlinesegment" => accent(rewriter, "mover", "\u{203e}", scan)?,
        "underline" | "underbar" | "uline" | "underlinesegment" => accent(rewriter, "munder", "_", scan)?,
        "widetilde" => accent(rewriter, "mover", "\u{303}", scan)?,
        "utilde" => accent(rewriter, "munder", "~", scan)?,
        "widecheck" => accent(rewriter, "mover", "\u{30c}", scan)?,
        "angl" => element(rewriter, "angl", scan, false)?,
        "enclose" => {
            let class = match scan.argument()? {
                "circle" | "roundedbox" => "circled",
                "updiagonalstrike" => "struck-up",
                "downdiagonalstrike" => "struck-down",
                "horizontalstrike" => "struck",
                "top" | "longdiv" | "actuarial" => "angl",
                _ => "boxed",
            };
            element(rewriter, class, scan, false)?
        }
        "circled" => element(rewriter, "circled", scan, true)?,
        "textcolor" => {
            let color = color(rewriter, scan)?;
            let inner = scan.argument()?;
            colored(rewriter, "mathcolor", &color, inner)?
        }
        "color" => {
            let color = color(rewriter, scan)?;
            colored(rewriter, "mathcolor", &color, scan.rest_of_cell())?
        }
        "colorbox" => {
            let color = color(rewriter, scan)?;
            let inner = words(rewriter, scan.argument()?, "")?;
            format!("<mrow class=\"filled\" mathbackground=\"{color}\">{inner}</mrow>")
        }
        "fcolorbox" => {
            let (frame, fill) = (color(rewriter, scan)?, color(rewriter, scan)?);
            let inner = words(rewriter, scan.argument()?, "")?;
            format!("<mrow class=\"boxed\" mathcolor=\"{frame}\" mathbackground=\"{fill}\">{inner}</mrow>")
        }
        "definecolor" => {
            let (name, model, value) = (scan.argument()?, scan.argument()?, scan.argument()?);
            let value = value_of(model, value)?;
            rewriter.colors.push((name.to_owned(), value));
            return Some(Some(String::new()));
        }
        "mathrlap" | "rlap" | "mathclap" | "clap" | "mathllap" | "llap" => {
            let class = if name.ends_with("clap") {
                "lap-center"
            } else if name.ends_with("llap") {
                "lap-left"
            } else {
                "lap-right"
            };
            let inner = scan.argument()?;
            let inner = if name.starts_with("math") { rewriter.mathml(inner)? } else { words(rewriter, inner, "")? };
            format!("<mpadded width=\"0\" class=\"{class}\">{inner}</mpadded>")
        }
        "smash" => {
            let which = scan.option();
            let inner = scan.argument()?;
            let inner = rewriter.mathml(inner)?;
            let flat = match which {
                Some("t") => "height=\"0\"",
                Some("b") => "depth=\"0\"",
                _ => "height=\"0\" depth=\"0\"",
            };
            format!("<mpadded {flat}>{inner}</mpadded>")
        }
        "raisebox" => {
            let by = scan::length(scan.argument()?)?;
            let inner = words(rewriter, scan.argument()?, "")?;
            format!("<mpadded voffset=\"{by}\">{inner}</mpadded>")
        }
        "raise" | "lower" => {
            let by = scan::length(scan.length()?)?;
            let by = if name == "lower" { format!("-{by}").replace("--", "") } else { by };
            let inner = scan.argument()?;
            let inner = if inner == "\\hbox" { words(rewriter, scan.argument()?, "")? } else { rewriter.mathml(inner)? };
            format!("<mpadded voffset=\"{by}\">{inner}</mpadded>")
        }
        "rule" => {
            scan.option();
            let (width, height) = (scan::length(scan.argument()?)?, scan::length(scan.argument()?)?);
            format!("<mspace class=\"rule\" width=\"{width}\" height=\"{height}\"/>")
        }
        "mathchoice" => {
            let choices = [scan.argument()?, scan.argument()?, scan.argument()?, scan.argument()?];
            return Some(Some(rewriter.latex(choices[usize::from(!rewriter.is_display)])?));
        }
        "tiny" | "scriptsize" | "footnotesize" | "small" | "normalsize" | "large" | "Large" | "LARGE" | "huge" | "Huge" => {
            let size = match name {
                "tiny" => "0.5em",
                "scriptsize" => "0.7em",
                "footnotesize" => "0.8em",
                "small" => "0.9em",
                "normalsize" => "1em",
                "large" => "1.2em",
                "Large" => "1.44em",
                "LARGE" => "1.73em",
                "huge" => "2.07em",
                _ => "2.49em",
            };
            format!("<mrow mathsize=\"{size}\">{}</mrow>", rewriter.mathml(scan.rest_of_cell())?)
        }
        "above" => {
            scan.length().or_else(|| scan.argument())?;
            return Some(Some("\\over ".to_owned()));
        }
        "mathop" => {
            let inner = scan.argument()?;
            let latex = rewriter.latex(inner)?;
            let is_name = ["\\mathrm{", "\\text{", "\\operatorname{"].into_iter().any(|start| inner.trim().starts_with(start));
            let name: String = letters(inner)?;
            return Some(Some(if is_name && !name.is_empty() {
                format!("\\operatorname*{{{name}}}")
            } else {
                format!("\\mathop{{{latex}}}")
            }));
        }
        "unicode" | "symbol" => escaped_character(number(scan.argument()?)?)?,
        "char" => {
            let digits = scan.rest.bytes().take_while(|byte| byte.is_ascii_hexdigit() || b"\"'x".contains(byte)).count();
            escaped_character(number(scan.take(digits))?)?
        }
        "verb" => {
            scan.eat("*");
            let mark = scan.character()?;
            let end = scan.rest.find(mark)?;
            let text = scan.take(end);
            scan.take(mark.len_utf8());
            format!("<mtext class=\"mono\">{}</mtext>", escaped(text))
        }
        "Set" | "Braket" => {
            let inner = scan.argument()?.replacen('|', "\\,\\middle|\\,", if name == "Set" { 1 } else { 2 });
            let (open, close) = if name == "Set" { ("\\{\\,", "\\,\\}") } else { ("\\langle ", "\\rangle ") };
            let close = close.replace("\\,\\}", "\\}");
            return Some(Some(rewriter.latex(&format!("\\left{}{inner}\\right{close}", open.trim_end_matches("\\,")))?));
        }
        "dv" | "derivative" | "odv" | "pdv" | "partialderivative" | "pderivative" => {
            let sign = if name.starts_with('p') { "\\partial " } else { "\\mathrm{d}" };
            return Some(Some(derivative(rewriter, sign, scan)?));
        }
        "qty" | "quantity" | "pqty" | "bqty" | "vqty" => {
            scan.skip_space();
            let pair = [("(", ")"), ("[", "]"), ("|", "|")].into_iter().find(|(open, _)| scan.rest.starts_with(open));
            if let Some((open, close)) = pair {
                let end = if open == close {
                    scan.rest[1..].find('|')? + 1
                } else {
                    scan::closing(scan.rest, open.chars().next()?, close.chars().next()?)?
                };
                let inner = scan.take(end + 1);
                return Some(Some(rewriter.latex(&format!("\\left{open}{}\\right{close}", &inner[1..end]))?));
            }
            let first = scan.argument()?;
            match scan.rest.starts_with('{').then(|| scan.argument()).flatten() {
                Some(unit) => return Some(Some(rewriter.latex(&units::quantity(first, unit)?)?)),
                None => return Some(Some(rewriter.latex(&format!("\\left\\{{{first}\\right\\}}"))?)),
            }
        }
        "SI" => {
            scan.option();
            let (number, unit) = (scan.argument()?, scan.argument()?);
            return Some(Some(rewriter.latex(&units::quantity(number, unit)?)?));
        }
        "ce" | "cf" => return Some(Some(rewriter.latex(&chemistry::latex(scan.argument()?)?)?)),
        _ => return Some(None),
    };
    Some(Some(rewriter.put(mathml)?))
}

/// Returns the class of text written by a command, empty for plain text. Returns `None` if the command does not take text.
pub(crate) fn text_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "text" | "mbox" | "hbox" | "textnormal" | "textup" | "textmd" | "intertext" | "shortintertext" | "textsc" => "",
        "textrm" => "serif",
        "textbf" | "textbfseries" => "bold",
        "textit" | "textsl" | "emph" => "italic",
        "texttt" => "mono",
        "textsf" => "sans",
        _ => return None,
    })
}

/// Returns the command's argument in a row with this class.
fn element(rewriter: &mut Rewriter<'_>, class: &str, scan: &mut Scan<'_>, is_text: bool) -> Option<String> {
    let inner = scan.argument()?;
    let inner = if is_text && !inner.contains(['^', '_', '\\']) { words(rewriter, inner, "")? } else { rewriter.mathml(inner)? };
    Some(format!("<mrow class=\"{class}\">{inner}</mrow>"))
}

/// Returns an accent that is stretched over or under the argument.
fn accent(rewriter: &mut Rewriter<'_>, element: &str, sign: &str, scan: &mut Scan<'_>) -> Option<String> {
    let inner = rewriter.row(scan.argument()?)?;
    let name = if element == "mover" { "accent" } else { "accentunder" };
    let class = if matches!(sign, "\u{203e}" | "_") { " class=\"line\"" } else { "" };
    Some(format!("<{element} {name}=\"true\"{class}>{inner}<mo stretchy=\"true\">{sign}</mo></{element}>"))
}

fn colored(rewriter: &mut Rewriter<'_>, attribute: &str, color: &str, inner: &str) -> Option<String> {
    Some(format!("<mrow {attribute}=\"{color}\">{}</mrow>", rewriter.mathml(inner)?))
}

/// Reads a colour: one that the formula defined, a name, or numbers of a colour model.
fn color(rewriter: &Rewriter<'_>, scan: &mut Scan<'_>) -> Option<String> {
    let model = scan.option();
    let value = scan.argument()?.trim();
    if let Some((_, defined)) = rewriter.colors.iter().rev().find(|(name, _)| name == value) {
        return Some(defined.clone());
    }
    match model {
        Some(model) => value_of(model, value),
        None if value.starts_with('#') => value_of("HTML", &value[1..]),
        None => named(value),
    }
}

/// Returns the CSS name of a colour. Of a mixture (`red!50`), the first colour is used.
fn named(name: &str) -> Option<String> {
    let name = name.split('!').next()?;
    (!name.is_empty() && name.len() <= 24 && name.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| name.to_ascii_lowercase())
}

/// Returns a colour in one of xcolor's models.
fn value_of(model: &str, value: &str) -> Option<String> {
    let numbers = || value.split(',').map(|number| number.trim().parse::<f32>().ok()).collect::<Option<Vec<_>>>();
    let hex = |parts: [f32; 3]| {
        let [red, green, blue] = parts.map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8);
        format!("#{red:02x}{green:02x}{blue:02x}")
    };
    match model {
        "HTML" => {
            let is_hex = matches!(value.len(), 3 | 6) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then(|| format!("#{}", value.to_ascii_lowercase()))
        }
        "named" => named(value),
        "gray" => numbers()?.first().map(|gray| hex([*gray; 3])),
        "rgb" => Some(hex(numbers()?.try_into().ok()?)),
        "RGB" => Some(hex(<[f32; 3]>::try_from(numbers()?).ok()?.map(|part| part / 255.0))),
        "cmyk" => {
            let [cyan, magenta, yellow, black] = numbers()?.try_into().ok()?;
            Some(hex([cyan, magenta, yellow].map(|ink| (1.0 - ink) * (1.0 - black))))
        }
        _ => None,
    }
}

/// Converts a derivative in the syntax of the package physics: `\dv{x}`, `\dv{f}{x}`, `\dv[2]{f}{x}`.
fn derivative(rewriter: &mut Rewriter<'_>, sign: &str, scan: &mut Scan<'_>) -> Option<String> {
    scan.eat("*");
    let order = scan.option().map(|order| format!("^{{{order}}}")).unwrap_or_default();
    let first = scan.argument()?;
    let second = if scan.rest.starts_with('{') { scan.argument() } else { None };
    let third = if second.is_some() && sign.starts_with("\\partial") && scan.rest.starts_with('{') { scan.argument() } else { None };
    rewriter.latex(&match (second, third) {
        (None, _) => format!("\\frac{{{sign}{order}}}{{{sign}{{{first}}}{order}}}"),
        (Some(by), None) => format!("\\frac{{{sign}{order}{first}}}{{{sign}{{{by}}}{order}}}"),
        (Some(by), Some(and)) => format!("\\frac{{{sign}^2 {first}}}{{{sign}{{{by}}}{sign}{{{and}}}}}"),
    })
}

/// Returns the letters of an operator's name, with thin spaces. Returns `None` if it contains anything else.
fn letters(source: &str) -> Option<String> {
    let mut name = String::new();
    let mut scan = Scan::new(source);
    while let Some(c) = scan.character() {
        match c {
            '\\' => match scan.name() {
                "," | " " | ";" => name.push_str("\\,"),
                "mathrm" | "text" | "operatorname" => {}
                _ => return Some(String::new()),
            },
            '{' | '}' => {}
            c if c.is_alphabetic() => name.push(c),
            c if c.is_whitespace() || c == '~' => name.push_str("\\,"),
            _ => return Some(String::new()),
        }
    }
    Some(name)
}

/// Parses a number as in TeX: decimal, `"41` or `x41` in hexadecimal, `'101` in octal.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.chars().next()? {
        '"' | 'x' | 'X' => u32::from_str_radix(&text[1..], 16).ok(),
        '\'' => u32::from_str_radix(&text[1..], 8).ok(),
        _ => text.parse().ok(),
    }
}

fn escaped_character(number: u32) -> Option<String> {
    let c = char::from_u32(number).filter(|c| !c.is_control() && u32::from(*c) < 0xf_0000)?;
    Some(format!("<mi mathvariant=\"normal\">{}</mi>", escaped(&c.to_string())))
}
