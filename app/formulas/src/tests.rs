#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

/// Commands and environments that models write, each with its name and LaTeX.
const COMMANDS: &str = include_str!("formulas.json");

/// Those that are not supported.
const UNREAD: [&str; 4] = [r"\", r"\limits", r"\includegraphics{x}", r"\html@mathml"];

#[test]
fn commands_are_read() {
    let commands: Vec<(String, String)> = serde_json::from_str(COMMANDS).unwrap();
    let unread: Vec<&str> = commands.iter().filter(|(_, source)| mathml(source, true).is_none()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(unread, UNREAD);
    assert_eq!(commands.len() - unread.len(), 580);
    // The same as inline formulas.
    assert_eq!(commands.iter().filter(|(_, source)| mathml(source, false).is_none()).count(), UNREAD.len());
}

/// Returns the MathML without the parts that every formula has.
fn inner(source: &str) -> String {
    let mathml = mathml(source, true).unwrap_or_else(|| panic!("{source} is not read"));
    mathml.trim_start_matches("<math display=\"block\">").trim_end_matches("</math>").to_owned()
}

#[test]
fn nothing_loses_its_meaning() {
    for (source, parts) in [
        (r"\overline{AB}", &["<mover accent=\"true\"", "‾"][..]),
        (r"\underline{x}", &["<munder accentunder=\"true\""]),
        (r"\cancel{x}", &["<mrow class=\"struck-up\"><mi>x</mi>"]),
        (r"\xcancel{x}", &["<mrow class=\"struck-up struck-down\">"]),
        (r"\cancelto{0}{x}", &["<msup><mrow class=\"struck-up\">", "<mn>0</mn>"]),
        (r"\sout{gone}", &["<mrow class=\"struck\"><mtext>gone"]),
        (r"\boxed{E = mc^2}", &["<mrow class=\"boxed\"><mi>E</mi>"]),
        (r"\boxed{\text{yes}}", &["<mrow class=\"boxed\">", "yes"]),
        (r"\color{red} x + y", &["<mrow mathcolor=\"red\"><mi>x</mi><mo>+</mo><mi>y</mi></mrow>"]),
        (r"{\color{red} x} + y", &["<mrow mathcolor=\"red\"><mi>x</mi></mrow><mo>+</mo>"]),
        (r"\textcolor{#00ff00}{y}", &["mathcolor=\"#00ff00\""]),
        (r"\color[RGB]{255,0,0} x", &["mathcolor=\"#ff0000\""]),
        (r"\definecolor{sea}{rgb}{0,0.5,1}\textcolor{sea}{x}", &["mathcolor=\"#0080ff\""]),
        (r"\colorbox{yellow}{x}", &["mathbackground=\"yellow\"", "x"]),
        (
            r"\begin{aligned} \color{blue} a &= b \end{aligned}",
            &["<mtd class=\"right tight-right\"><mrow mathcolor=\"blue\"><mi>a</mi>", "<mi>b</mi>"],
        ),
        (r"\left( \color{red} x \right)", &["mathcolor", "<mo>)</mo>"]),
        (r"a \nonumber \label{eq:1}", &["<mi>a</mi>"]),
        (r"\mathscr{F}", &["ℱ"]),
        (r"\bm{\mu}", &["𝝁"]),
        (r"\R \N \Z \Q \C", &["ℝ", "ℕ", "ℤ", "ℚ", "ℂ"]),
        (r"a \mod b", &["mod"]),
        (r"{n \choose k}", &["<mo>(</mo><mfrac linethickness=\"0\">"]),
        (r"\ce{2H2 + O2 -> 2H2O}", &["<mn>2</mn>", "<mo>→</mo>", "<msub>"]),
        (r"\ce{SO4^2-}", &["<msubsup>", "<mn>4</mn>", "−"]),
        (r"\ce{^{227}_{90}Th+}", &["<msubsup><mrow></mrow><mn>90</mn><mn>227</mn></msubsup>", "Th"]),
        (r"\ce{A ->[heat] B}", &["→", "heat"]),
        (r"\ket{\psi}", &["|", "<mi>ψ</mi>", "⟩"]),
        (r"\SI{9.81}{\meter\per\second\squared}", &["<mn>9.81</mn>", "m", "s", "<mn>2</mn>"]),
        (r"\widetilde{AB}", &["<mover accent=\"true\">", "\u{303}"]),
        (r"\tag{7} x", &["(7)"]),
        (r"x \eqref{eq:1}", &["(eq:1)"]),
        (r"\text{if $x>0$ and \textbf{bold}}", &["if", "<mi>x</mi><mo>&gt;</mo>", "<mtext class=\"bold\">bold"]),
        (r"\text{100\% of é, 面积}", &["100%", "é,", "面积"]),
        ("a = b\n\nc = d", &["<mtable", "<mtr><mtd><mi>a</mi>", "<mtr><mtd><mi>c</mi>"]),
        (r"a &= b \\ c &= d", &["<mtable", "<mtd class=\"right tight-right\"><mi>a</mi>"]),
        (r"\begin{align} a &= b \\ c &= d \end{align}", &["<mtable", "class=\"right tight-right\"", "class=\"left tight-left\""]),
        (r"\begin{array}{|c|c|} \hline a & b \\ \hline \end{array}", &["rule-below", "rule-left", "rule-above", "rule-right"]),
        (r"\begin{array}{*{2}{c}} a & b \end{array}", &["<mi>b</mi>"]),
        (r"\begin{CD} A @>a>> B \\ @VbVV @VVcV \\ C @= D \end{CD}", &["<mi>A</mi>", "→", "↓", "<mo", "<mi>D</mi>"]),
        (r"\dv{f}{x} + \pdv{f}{x}{y}", &["<mfrac>", "∂"]),
        (r"\abs{x} + \norm{y}", &["<mo>|</mo>", "<mo>‖</mo>"]),
        (r"50% off", &["<mi>%</mi>"]),
        (r"\left< x \right>", &["⟨", "⟩"]),
        (r"\large x", &["<mrow mathsize=\"1.2em\">"]),
        (r"\href{javascript:alert(1)}{x}", &["<mi>x</mi>"]),
        (r"\mathop{\mathrm{arg\,min}}_x", &["<munder>", "arg\u{2009}min"]),
    ] {
        let mut rest = &*inner(source);
        for part in parts {
            let Some((_, behind)) = rest.split_once(part) else { panic!("{source}: no {part} in {}", inner(source)) };
            rest = behind;
        }
        assert!(!inner(source).contains("javascript"), "{source}");
    }
}

#[test]
fn what_models_write_is_read() {
    for source in [
        r"E = mc^2",
        r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{align} a &= b \tag{1} \\ c &= d \tag{2} \end{align}",
        r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
        r"\left\{ \frac{1}{2} \right\}",
        r"\hat{y} = \operatorname*{arg\,max}_{x \in \mathbb{R}} \log p(x \mid \theta)",
        r"\sum_{i=1}^{n} i = \binom{n+1}{2}",
        r"\boxed{42}",
        r"\nabla \times \vec{E} = -\frac{\partial \vec{B}}{\partial t}",
        r"\lim_{x \to 0} \frac{\sin x}{x} = 1, \quad \forall \epsilon > 0",
        r"\underbrace{a + b}_{c} \xrightarrow{f} \overline{AB} \neq \emptyset",
        r"\lVert x \rVert_2 \leq \sqrt[3]{8} \cdot \mathcal{O}(n \log n) \iff \neg p \land q",
        r"\displaystyle \mathrm{d}x \approx 3{,}14 \times 10^{-8}\,\mathrm{m/s}",
        r"\color{red} x + \textcolor{#00ff00}{y}",
        r"a < b > c",
    ] {
        let mathml = mathml(source, true);
        assert!(
            mathml.as_ref().is_some_and(|it| it.starts_with("<math display=\"block\"") && it.ends_with("</math>")),
            "{source}: {mathml:?}"
        );
        assert!(!mathml.unwrap().contains(" style="), "{source}");
    }
}

#[test]
fn what_can_not_be_read_is_not_a_formula() {
    for source in [r"\frac{a", r"\foo{x}", r"}", r"a & b", r"\begin{matrix}", r"\includegraphics{x}", r"\input{/etc/passwd}"] {
        assert_eq!(mathml(source, false), None, "{source}");
    }
}

#[test]
fn nothing_grows_without_end_and_nothing_breaks() {
    let nested = |depth: usize| format!("{}x{}", "{".repeat(depth), "}".repeat(depth));
    for source in [
        r"\def\a#1{#1#1#1#1}\a{\a{\a{\a{\a{x}}}}}",
        r"\newcommand{\a}{\a\a}\a",
        r"\charé",
        &"x^".repeat(1_400),
        &"x".repeat(3_001),
        &"\\frac".repeat(500),
        &nested(51),
        &format!("{}x", "\\hat ".repeat(41)),
        &format!("{}x", "\\overset{a}".repeat(200)),
        &format!("{}x{}", "\\left(".repeat(200), "\\right)".repeat(200)),
        &"\\left(".repeat(400),
        &"\\frac1".repeat(480),
        &"\\frac 1 ".repeat(300),
        &"\\sqrt[3]".repeat(300),
        &format!("{}x{}", "\\hat\\bar\\sqrt{".repeat(45), "}".repeat(45)),
    ] {
        assert_eq!(mathml(source, false), None, "{}", &source[..20.min(source.len())]);
    }
    assert!(mathml(&nested(50), false).is_some());
    assert!(mathml(&format!("{}x", "\\mathbf\\sqrt ".repeat(20)), false).is_some());
    assert!(mathml(&"\\alpha + \\beta ".repeat(100), false).is_some());
    assert!(mathml(&"\\frac12 + \\left( x \\right) ".repeat(60), false).is_some());
}

#[test]
fn text_in_it_is_text() {
    let hostile = mathml(r#"\text{<script>alert("1")</script>} < b > c"#, false).unwrap();
    assert!(!hostile.contains("<script"), "{hostile}");
    for mathml in
        ["<math><script></script></math>", "<math onclick=\"x\"></math>", "<math href=\"javascript:x\">", "<mi class=\"a\"></mi>", "<mi"]
    {
        assert_eq!(checked::checked(mathml), None, "{mathml}");
    }
    assert_eq!(checked::checked("<mi style=\"color: red; text-align: left\">x</mi>").as_deref(), Some("<mi class=\"left\">x</mi>"));
}

/// Parts of formulas; some are broken, some hostile.
fn part() -> impl Strategy<Value = String> {
    let commands: Vec<(String, String)> = serde_json::from_str(COMMANDS).unwrap();
    let sources: Vec<String> = commands.into_iter().map(|(_, source)| source).collect();
    prop_oneof![
        4 => prop::sample::select(sources),
        4 => prop::sample::select(vec![
            "{", "}", "^", "_", "&", "\\\\", "$", "\\left(", "\\right)", "\\left", "\\right", "\\middle|", "x", "1", " ", "\n\n", "[", "]", "\\begin{matrix}",
            "\\end{matrix}", "\\begin{array}{c|r}", "\\end{array}", "\\color{red}", "\\boxed{", "\\text{", "\\ce{", "\\SI{", "\\large", "\\over", "\\limits", "'",
            "\\frac", "\\sqrt[", "\\hat", "é", "中", "\u{f0000}", "\u{f0001}", "%", "#", "~", "<", ">", "\"", "\\verb|<|", "\\hline", "\\begin{CD}", "@>a>>", "\\end{CD}",
            "\\not", "\\operatorname*{", "\\mathrm", "\\begin{cases}", "\\end{cases}", "\\char", "\\substack{", "\\Set{|", "\\qty(", "\\textcolor{", "\\begin{align}",
        ]).prop_map(str::to_owned),
        1 => ".{0,4}",
    ]
}

/// Returns whether tags are closed in the order in which they were opened.
fn is_nested(mathml: &str) -> bool {
    let mut open = Vec::new();
    for tag in mathml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            None if !tag.ends_with('/') => open.push(tag.split(' ').next().unwrap()),
            _ => {}
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Any input gives MathML or nothing, of limited length.
    #[test]
    fn whatever_is_written_is_mathml_or_nothing(parts in prop::collection::vec(part(), 0..10)) {
        let source = parts.concat();
        if let Some(mathml) = mathml(&source, true) {
            prop_assert!(is_nested(&mathml), "{source}: {mathml}");
            prop_assert!(!mathml.contains(" style=") && !mathml.contains("<script") && !mathml.contains("href"), "{source}: {mathml}");
            prop_assert!(mathml.chars().all(|c| u32::from(c) < 0xf_0000), "{source}: {mathml}");
            prop_assert!(mathml.len() <= WRITTEN.0 * source.len() + WRITTEN.1 + 100, "{source}: {} bytes", mathml.len());
        }
    }
}

/// After more spaces than anybody writes, the parser would scan all remaining ones from each.
#[test]
fn a_long_run_of_spaces_is_no_formula() {
    for space in ["\\,", "\\;", "\\:", "\\!", "\\>", "\\ ", "~", "\\, ", "\\;\\,~"] {
        let run = |spaces: usize| mathml(&format!("a{}b", space.repeat(spaces)), true);
        assert!(run(13).is_some() && run(41).is_none(), "{space}");
        assert!(mathml(&format!("{space}a").repeat(60), true).is_some(), "{space}");
    }
}
