#![allow(clippy::unwrap_used)]
use super::*;

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
    for source in [r"\frac{a", r"\foo{x}", r"}", r"a & b", r"\begin{matrix}", r"\href{javascript:alert(1)}{x}", r"\includegraphics{x}"] {
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
    ] {
        assert_eq!(mathml(source, false), None, "{}", &source[..20.min(source.len())]);
    }
    assert!(mathml(&nested(50), false).is_some());
    assert!(mathml(&format!("{}x", "\\mathbf\\sqrt ".repeat(20)), false).is_some());
    assert!(mathml(&"\\alpha + \\beta ".repeat(100), false).is_some());
}

#[test]
fn text_in_it_is_text() {
    let hostile = mathml(r#"\text{<script>alert("1")</script>} < b > c"#, false).unwrap();
    assert!(!hostile.contains("<script"), "{hostile}");
    for mathml in
        ["<math><script></script></math>", "<math onclick=\"x\"></math>", "<math href=\"javascript:x\">", "<mi class=\"a>\"></mi>", "<mi"]
    {
        assert_eq!(checked::checked(mathml), None, "{mathml}");
    }
    assert_eq!(checked::checked("<mi style=\"color: red\" class=\"a\">x</mi>").as_deref(), Some("<mi class=\"a\">x</mi>"));
}
