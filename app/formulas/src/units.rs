//! Quantities: a number and its unit, in the syntax of siunitx.

/// Converts a quantity to plain LaTeX.
pub(crate) fn quantity(number: &str, unit: &str) -> Option<String> {
    let number = number.trim();
    let mut latex = String::new();
    // In `\pu{3 kJ}`, the text after the number is the unit.
    let (digits, words) = match number.split_once(char::is_whitespace) {
        Some((digits, words)) if unit.is_empty() && digits.bytes().any(|byte| byte.is_ascii_digit()) => (digits, words),
        _ => (number, ""),
    };
    let (digits, words) = if unit.is_empty() && words.is_empty() && !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        ("", digits)
    } else {
        (digits, words)
    };
    latex.push_str(&self::number(digits));
    let unit = format!("{words}{unit}").replace("//", "/");
    if !unit.trim().is_empty() {
        if !latex.is_empty() {
            latex.push_str("\\,");
        }
        latex.push_str(&self::unit(&unit)?);
    }
    Some(format!("{{{latex}}}"))
}

/// Converts a number: `3e8` and `1.5x10^3` become powers of ten, and `+-` becomes ±.
fn number(text: &str) -> String {
    let text = text.replace("+-", "\\pm ").replace("\\pm", "\\pm ").replace('x', "\\times ");
    let bytes = text.as_bytes();
    let exponent =
        (1..bytes.len()).find(|&at| matches!(bytes[at], b'e' | b'E') && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.'));
    match exponent {
        Some(at) if bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_digit() || b"+-".contains(byte)) => {
            format!("{}\\times 10^{{{}}}", &text[..at], text[at + 1..].trim_start_matches('+'))
        }
        _ => text,
    }
}

/// Converts a unit: text is upright, commands are replaced by their symbols.
fn unit(source: &str) -> Option<String> {
    let mut latex = String::new();
    let mut rest = source.trim();
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let length = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let name = rest.get(1..1 + length)?;
            rest = &rest[1 + length..];
            if length == 0 {
                return None;
            }
            match name {
                "per" => latex.push('/'),
                "squared" => latex.push_str("^2"),
                "cubed" => latex.push_str("^3"),
                "tothe" => {
                    let (power, behind) = rest.strip_prefix('{')?.split_once('}')?;
                    latex.push_str(&format!("^{{{power}}}"));
                    rest = behind;
                }
                "square" | "cubic" | "of" | "highlight" => {}
                name => match UNITS.iter().find(|(known, _)| *known == name) {
                    Some((_, unit)) => latex.push_str(&format!("\\text{{{unit}}}")),
                    None => latex.push_str(&format!("\\{name} ")),
                },
            }
            continue;
        }
        let word: String = rest.chars().take_while(|c| c.is_alphabetic() || *c == '°' || *c == '%').collect();
        if !word.is_empty() {
            latex.push_str(&format!("\\text{{{word}}}"));
            rest = &rest[word.len()..];
            continue;
        }
        match c {
            '.' | '~' | ' ' | '*' => latex.push_str("\\,"),
            '^' => {
                let power: String = rest[1..].chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
                if power.is_empty() {
                    latex.push('^');
                } else {
                    latex.push_str(&format!("^{{{power}}}"));
                }
                rest = &rest[1 + power.len()..];
                continue;
            }
            c => latex.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    Some(latex)
}

/// Units and prefixes, by name.
const UNITS: &[(&str, &str)] = &[
    ("metre", "m"),
    ("meter", "m"),
    ("gram", "g"),
    ("kilogram", "kg"),
    ("second", "s"),
    ("ampere", "A"),
    ("kelvin", "K"),
    ("mole", "mol"),
    ("candela", "cd"),
    ("newton", "N"),
    ("joule", "J"),
    ("watt", "W"),
    ("pascal", "Pa"),
    ("hertz", "Hz"),
    ("volt", "V"),
    ("ohm", "Ω"),
    ("coulomb", "C"),
    ("farad", "F"),
    ("henry", "H"),
    ("tesla", "T"),
    ("weber", "Wb"),
    ("siemens", "S"),
    ("lumen", "lm"),
    ("lux", "lx"),
    ("becquerel", "Bq"),
    ("gray", "Gy"),
    ("sievert", "Sv"),
    ("radian", "rad"),
    ("steradian", "sr"),
    ("minute", "min"),
    ("hour", "h"),
    ("day", "d"),
    ("litre", "L"),
    ("liter", "L"),
    ("tonne", "t"),
    ("bar", "bar"),
    ("electronvolt", "eV"),
    ("degree", "°"),
    ("celsius", "°C"),
    ("degreeCelsius", "°C"),
    ("percent", "%"),
    ("angstrom", "Å"),
    ("decibel", "dB"),
    ("bit", "bit"),
    ("byte", "B"),
    ("atto", "a"),
    ("femto", "f"),
    ("pico", "p"),
    ("nano", "n"),
    ("micro", "µ"),
    ("milli", "m"),
    ("centi", "c"),
    ("deci", "d"),
    ("deca", "da"),
    ("hecto", "h"),
    ("kilo", "k"),
    ("mega", "M"),
    ("giga", "G"),
    ("tera", "T"),
    ("peta", "P"),
    ("m", "m"),
    ("s", "s"),
    ("kg", "kg"),
    ("km", "km"),
    ("cm", "cm"),
    ("mm", "mm"),
    ("nm", "nm"),
    ("um", "µm"),
    ("g", "g"),
    ("mg", "mg"),
    ("N", "N"),
    ("J", "J"),
    ("kJ", "kJ"),
    ("W", "W"),
    ("kW", "kW"),
    ("Pa", "Pa"),
    ("kPa", "kPa"),
    ("Hz", "Hz"),
    ("V", "V"),
    ("A", "A"),
    ("K", "K"),
    ("mol", "mol"),
    ("eV", "eV"),
    ("L", "L"),
    ("mL", "mL"),
    ("ms", "ms"),
    ("ns", "ns"),
    ("C", "C"),
    ("T", "T"),
];
