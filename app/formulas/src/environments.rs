//! Environments: tables of rows and cells, and what surrounds them.
//!
//! Rows are not numbered, because answers do not refer to equation numbers.

use crate::{
    rewrite::Rewriter,
    scan::{self, Scan, split},
};

/// Maximum number of columns.
const COLUMNS: usize = 40;

/// A column of a table.
#[derive(Clone, Debug, Default)]
struct Column {
    /// Its classes.
    class: String,
}

/// The layout of an environment.
#[derive(Clone, Debug, Default)]
struct Table {
    columns: Vec<Column>,
    /// Whether further columns repeat the first two.
    repeats: bool,
    /// Attributes of the table element.
    attributes: &'static str,
    /// Whether an operator at the beginning of a cell is an infix operator, whose left operand is in the previous cell.
    is_aligned: bool,
    open: &'static str,
    close: &'static str,
}

const DISPLAY: &str = " displaystyle=\"true\" scriptlevel=\"0\"";
const PLAIN: &str = " displaystyle=\"false\" scriptlevel=\"0\"";
const SMALL: &str = " displaystyle=\"false\" scriptlevel=\"1\"";

impl Table {
    fn of(classes: &[&str], attributes: &'static str) -> Self {
        let columns = classes.iter().map(|class| Column { class: (*class).to_owned() }).collect();
        Self { columns, attributes, ..Self::default() }
    }

    fn aligned() -> Self {
        let classes = ["right tight-right", "left tight-left", "right tight-right apart", "left tight-left"];
        Self { repeats: true, is_aligned: true, ..Self::of(&classes, DISPLAY) }
    }

    fn matrix(bracket: u8, attributes: &'static str) -> Self {
        let (open, close) = match bracket {
            b'p' => ("(", ")"),
            b'b' => ("[", "]"),
            b'B' => ("{", "}"),
            b'v' => ("|", "|"),
            b'V' => ("‖", "‖"),
            _ => ("", ""),
        };
        Self { open, close, ..Self::of(&[], attributes) }
    }

    /// Returns the classes of a column.
    fn class(&self, index: usize) -> &str {
        let index = if self.repeats && index >= self.columns.len() { 2 + index % 2 } else { index };
        self.columns.get(index).map_or("", |column| &column.class)
    }
}

/// Reads the environment that starts here, after `\begin`.
pub(crate) fn read(rewriter: &mut Rewriter<'_>, scan: &mut Scan<'_>) -> Option<String> {
    let name = scan.argument()?;
    let mut body = Scan::new(body(scan, name)?);
    let plain = name.strip_suffix('*').unwrap_or(name);
    let mut table = match plain {
        "align" | "alignat" | "flalign" | "split" | "aligned" | "alignedat" | "xalignat" | "xxalignat" => {
            if plain.ends_with("at") {
                body.argument()?;
            }
            Table::aligned()
        }
        "gather" | "multline" | "gathered" | "multlined" | "lines" => Table::of(&[], DISPLAY),
        "equation" | "displaymath" | "math" | "dmath" | "subequations" | "center" => {
            let inner = rewriter.formula(body.rest)?;
            return rewriter.put(format!("<mrow>{inner}</mrow>"));
        }
        "eqnarray" => Table::of(&["right", "", "left"], DISPLAY),
        "matrix" | "pmatrix" | "bmatrix" | "Bmatrix" | "vmatrix" | "Vmatrix" => Table::matrix(plain.as_bytes()[0], PLAIN),
        "smallmatrix" | "psmallmatrix" | "bsmallmatrix" | "Bsmallmatrix" | "vsmallmatrix" | "Vsmallmatrix" => {
            Table::matrix(plain.as_bytes()[0], SMALL)
        }
        "array" | "tabular" | "darray" => Table::of(&[], if plain == "darray" { DISPLAY } else { PLAIN }),
        "subarray" => Table::of(&[], SMALL),
        "tabularx" | "tabulary" => {
            body.argument()?;
            Table::of(&[], PLAIN)
        }
        "CD" => return diagram(rewriter, body.rest),
        "cases" | "dcases" | "rcases" | "drcases" | "numcases" => {
            let is_left = !plain.contains("rcases");
            let classes = ["left tight-right", "left tight-right apart"];
            let attributes = if plain.starts_with('d') { DISPLAY } else { PLAIN };
            Table { open: if is_left { "{" } else { "" }, close: if is_left { "" } else { "}" }, ..Table::of(&classes, attributes) }
        }
        _ => return None,
    };
    let place = body.option();
    if matches!(plain, "array" | "tabular" | "darray" | "subarray" | "tabularx" | "tabulary") {
        table.columns = columns(body.argument()?)?;
    } else if plain.ends_with("matrix")
        && let Some(place) = place
    {
        table.columns = vec![columns(place)?.into_iter().next()?; COLUMNS];
    }
    let mathml = write(rewriter, &table, body.rest)?;
    rewriter.put(mathml)
}

/// Converts lines to MathML, one below the other, aligned at `&`.
pub(crate) fn lines(rewriter: &mut Rewriter<'_>, source: &str) -> Option<String> {
    let is_aligned = split(source, "\\\\").iter().any(|line| split(line, "&").len() > 1);
    let table = if is_aligned { Table::aligned() } else { Table::of(&[], DISPLAY) };
    write(rewriter, &table, source)
}

/// Converts a table to MathML.
fn write(rewriter: &mut Rewriter<'_>, table: &Table, source: &str) -> Option<String> {
    let mut rows = String::new();
    let mut rule = false;
    let all = split(source, "\\\\");
    let last = all.len() - 1;
    let mut has_rule_below = false;
    for (n, row) in all.into_iter().enumerate() {
        let mut row = Scan::new(row);
        if n > 0 {
            row.eat("*");
            // The space between rows is ignored.
            let mut ahead = row;
            if ahead.option().is_some_and(|option| scan::length(option).is_some()) {
                row = ahead;
            }
        }
        rule |= rules(&mut row)?;
        if n == last && row.rest.trim().is_empty() {
            has_rule_below = rule;
            break;
        }
        rows.push_str("<mtr>");
        let mut column = 0;
        for cell in split(row.rest, "&") {
            column += write_cell(rewriter, table, column, cell, rule, &mut rows)?;
            if column > COLUMNS {
                return None;
            }
        }
        rows.push_str("</mtr>");
        rule = false;
    }
    let class = if has_rule_below { " class=\"rule-below\"" } else { "" };
    let fence = |sign: &str| if sign.is_empty() { String::new() } else { format!("<mo>{sign}</mo>") };
    let written = format!("<mtable{class}{}>{rows}</mtable>", table.attributes);
    let (open, close) = (fence(table.open), fence(table.close));
    Some(if open.is_empty() && close.is_empty() { written } else { format!("<mrow>{open}{written}{close}</mrow>") })
}

/// Writes a cell. Returns the number of its columns.
fn write_cell(rewriter: &mut Rewriter<'_>, table: &Table, column: usize, cell: &str, rule: bool, rows: &mut String) -> Option<usize> {
    let mut scan = Scan::new(cell.trim());
    let mut span = 1;
    let mut class = table.class(column).to_owned();
    let mut content = scan.rest;
    if scan.eat("\\multicolumn") {
        span = scan.argument()?.trim().parse::<usize>().ok().filter(|span| (1..=COLUMNS).contains(span))?;
        class = columns(scan.argument()?)?.into_iter().next()?.class;
        content = scan.argument()?;
    } else if scan.eat("\\multirow") {
        scan.argument()?;
        scan.argument()?;
        content = scan.argument()?;
    }
    let latex = if table.is_aligned && content.starts_with(['+', '-']) { format!("{{}}{content}") } else { content.to_owned() };
    let inner = rewriter.mathml(&latex)?;
    if rule {
        class.push_str(" rule-above");
    }
    let class = if class.trim().is_empty() { String::new() } else { format!(" class=\"{}\"", class.trim()) };
    let span_of = if span > 1 { format!(" columnspan=\"{span}\"") } else { String::new() };
    rows.push_str(&format!("<mtd{class}{span_of}>{inner}</mtd>"));
    Some(span)
}

/// Reads the rules at the start of a row; a partial rule becomes a full one. Returns whether there was any.
fn rules(row: &mut Scan<'_>) -> Option<bool> {
    let mut found = false;
    loop {
        row.skip_space();
        let mut ahead = *row;
        if !ahead.eat("\\") {
            return Some(found);
        }
        match ahead.name() {
            "hline" | "toprule" | "midrule" | "bottomrule" | "hdashline" => {}
            "cline" | "cmidrule" => {
                ahead.option();
                ahead.argument()?;
            }
            _ => return Some(found),
        }
        *row = ahead;
        found = true;
    }
}

/// Returns what is between `\begin{name}` and its `\end{name}`.
fn body<'a>(scan: &mut Scan<'a>, name: &str) -> Option<&'a str> {
    let text = scan.rest;
    let (begin, end) = (format!("\\begin{{{name}}}"), format!("\\end{{{name}}}"));
    let (mut depth, mut at) = (0usize, 0);
    loop {
        let next = at + text[at..].find('\\')?;
        let rest = &text[next..];
        if rest.starts_with(&end) {
            if depth == 0 {
                scan.take(next + end.len());
                return Some(&text[..next]);
            }
            depth -= 1;
        }
        depth += usize::from(rest.starts_with(&begin));
        at = next + 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
    }
}

/// Parses the columns of an array: their alignment, and the rules between them.
fn columns(source: &str) -> Option<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut has_rule = false;
    let mut scan = Scan::new(source);
    while let Some(c) = scan.character() {
        let class = match c {
            'l' | 'X' | 'L' | 'J' => "left",
            'c' | 'C' | 'S' => "",
            'r' | 'R' => "right",
            'p' | 'm' | 'b' | 'w' => {
                scan.argument()?;
                "left"
            }
            '|' | ':' => {
                match columns.last_mut() {
                    Some(column) => column.class.push_str(" rule-right"),
                    None => has_rule = true,
                }
                continue;
            }
            '@' | '!' | '>' | '<' => {
                scan.argument()?;
                continue;
            }
            '*' => {
                let times: usize = scan.argument()?.trim().parse().ok()?;
                let what = scan.argument()?;
                if times > COLUMNS || what.contains('*') || what.len() > COLUMNS {
                    return None;
                }
                let what = self::columns(what)?;
                columns.extend(std::iter::repeat_n(what, times).flatten().take(COLUMNS));
                continue;
            }
            c if c.is_whitespace() => continue,
            _ => return None,
        };
        let rule = if std::mem::take(&mut has_rule) { " rule-left" } else { "" };
        columns.push(Column { class: format!("{class}{rule}") });
        if columns.len() > COLUMNS {
            return None;
        }
    }
    if columns.is_empty() {
        columns.push(Column::default());
    }
    Some(columns)
}

/// Converts a commutative diagram of amscd.
fn diagram(rewriter: &mut Rewriter<'_>, source: &str) -> Option<String> {
    let mut rows = Vec::new();
    for row in split(source, "\\\\") {
        let mut cells = Vec::new();
        let mut object = String::new();
        let mut scan = Scan::new(row);
        let mut is_arrow_row = row.trim_start().starts_with('@');
        while let Some(c) = scan.character() {
            if c != '@' {
                object.push(c);
                continue;
            }
            if !is_arrow_row || !object.trim().is_empty() {
                cells.push(std::mem::take(&mut object));
            }
            object.clear();
            let mark = scan.character()?;
            let is_down = matches!(mark, 'V' | 'A' | '|' | '.');
            is_arrow_row |= is_down && mark != '.';
            let arrow = match mark {
                '>' | '<' | 'V' | 'A' => {
                    let mut label = || {
                        let (label, behind) = scan.rest.split_once(mark)?;
                        scan.rest = behind;
                        Some(label)
                    };
                    let (first, second) = (label()?, label()?);
                    match mark {
                        '>' => format!("\\xrightarrow[{second}]{{{first}}}"),
                        '<' => format!("\\xleftarrow[{second}]{{{first}}}"),
                        'V' => format!("{{\\scriptstyle {first}}}\\Big\\downarrow{{\\scriptstyle {second}}}"),
                        _ => format!("{{\\scriptstyle {first}}}\\Big\\uparrow{{\\scriptstyle {second}}}"),
                    }
                }
                '=' => "=".to_owned(),
                '|' => "\\Big\\|".to_owned(),
                '.' => String::new(),
                _ => return None,
            };
            cells.push(arrow);
            if is_down {
                // There is nothing between two vertical arrows.
                cells.push(String::new());
            }
        }
        if !object.trim().is_empty() {
            cells.push(object);
        }
        rows.push(cells.join("&"));
    }
    let mathml = write(rewriter, &Table::of(&[], PLAIN), &rows.join("\\\\ "))?;
    rewriter.put(mathml)
}
