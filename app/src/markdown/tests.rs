#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use holdfast_protocol::message::Source;

use super::*;

/// What a reader sees: the finished blocks, and the open one.
fn seen(markdown: &mut Markdown) -> String {
    let mut html: String = markdown.blocks().iter().map(|block| &*block.html).collect();
    match markdown.tail() {
        Tail::Html(tail) => html.push_str(&tail),
        Tail::Code { caption, chunks, open } => {
            html.push_str(&format!("[{caption}]"));
            chunks.iter().for_each(|chunk| html.push_str(chunk));
            html.push_str(&open);
        }
    }
    html
}

fn grown(text: &str, cuts: &[usize]) -> Markdown {
    let mut markdown = Markdown::new("", Language::En);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).filter(|&cut| text.is_char_boundary(cut)).collect();
    cuts.sort_unstable();
    for cut in cuts {
        markdown.set(&text[..cut], false);
        markdown.tail();
    }
    markdown
}

/// The whole text, rendered by the parser at once with the same writer.
fn whole(text: &str) -> String {
    html::render(
        text,
        "",
        &Language::En.strings().markdown,
        &Known {
            links: &HashMap::new(),
            footnotes: &HashSet::new(),
            is_code: false,
            left: 1 << 20,
            is_open: false,
            citable: &Citable::default(),
        },
    )
    .html
}

#[test]
fn references_to_a_long_target_add_at_most_as_much_as_the_text_has() {
    let target = format!("[a]: https://example.org/{}\n\n", "x".repeat(120_000));
    let named = "[a] ".repeat(30_000);
    for text in [format!("{target}{named}\n"), format!("{named}\n\n{target}"), format!("{}\n{named}\n", target.trim_end())] {
        let mut markdown = Markdown::new("", Language::En);
        markdown.set(&text, true);
        let html: usize = markdown.blocks().iter().map(|block| block.html.len()).sum();
        assert!(html <= 4 * text.len(), "{} bytes became {html}", text.len());
        assert!(markdown.added <= REFERENCES + text.len());
    }
}

#[test]
fn a_reference_that_does_not_fit_is_measured_once() {
    let left = std::cell::Cell::new(100);
    // The URL fits as text, but not as HTML.
    let url = "&".repeat(90);
    assert!(!html::take_unmeasured(&left, &url, ""));
    assert!(left.get() < url.len());
    assert!(html::take_unmeasured(&left, "https://example.org/", ""));
}

#[test]
fn definitions_one_by_one_render_a_piece_again_only_so_often() {
    let labels = 0..2_000;
    let named: String = labels.clone().map(|label| format!("[a{label}] [^b{label}]")).collect();
    let defined: String = labels.map(|label| format!("[a{label}]: /c\n\n[^b{label}]: d\n\n")).collect();
    let text = format!("{named}\n\n{defined}");
    let mut markdown = Markdown::new("", Language::En);
    markdown.set(&text, true);
    assert!(markdown.again <= AGAIN.0 + (AGAIN.1 + 1) * text.len(), "{} of {} bytes", markdown.again, text.len());
    // At the end all of them have their definitions.
    assert!(markdown.pieces[0].wants.is_empty());
    assert!(markdown.blocks()[0].html.contains("fn-b1999\""));
}

#[test]
fn a_long_open_piece_is_shown_in_few_steps() {
    let text = "word ".repeat(200_000);
    let lengths: BTreeSet<usize> =
        (0..=text.len()).step_by(10).map(|end| shown(&text[..end]).len()).filter(|&length| length >= LONG).collect();
    assert!(lengths.len() < 1_000, "{} steps", lengths.len());
    assert!(shown(&text).len() > text.len() / 32 * 31);
    assert_eq!(shown(&text[..LONG - 1]).len(), LONG - 1);
}

#[test]
fn structures_that_cost_more_than_their_share_are_shown_as_they_were_written() {
    let deep = format!("{}a\n", "> ".repeat(bounds::DEEPEST + 1));
    assert!(Markdown::to_html(&deep, Language::En).starts_with("<p class=\"raw\">"));
    assert!(Markdown::to_html(&deep[2..], Language::En).starts_with("<blockquote>"));
    let table = |rows: usize| format!("{}\n{}\n{}", "a|".repeat(2_000), "-|".repeat(2_000), "b|\n".repeat(rows));
    assert!(!Markdown::to_html(&table(2_000), Language::En).contains("<table>"));
    assert!(Markdown::to_html("a|b\n-|-\nc|d\n", Language::En).contains("<table>"));
}

const MANUAL: &str = "\
# Connecting Ollama

Start it, then *reload* the page:

1. Install [Ollama][site].

   It runs by itself.
2. Pull a model:

   ```sh
   ollama pull llama3.2

   # done
   ```
3. Choose it.

Notes:
- one
- two

  still two

- three

| name | value |
|------|------:|
| a    | 1     |
| b    | 2     |

```toml
[server]

listen = \"127.0.0.1:3000\"
```
> quoted
> twice

    by indentation

    still code

- [x] done
- [ ] to do

* * *

Said elsewhere[^1], and see https://example.com/a_b_c.

[^1]: The source,

    in two paragraphs.

[site]: https://ollama.com \"Ollama\"
";

#[test]
fn pieces_together_are_the_whole() {
    assert_eq!(Markdown::to_html(MANUAL, Language::En), whole(MANUAL));
    let mut markdown = Markdown::new("", Language::En);
    markdown.set(MANUAL, true);
    assert!(markdown.blocks().len() > 10, "{:#?}", markdown.blocks());
}

#[test]
fn finished_pieces_stay_as_they_are() {
    let mut markdown = Markdown::new("", Language::En);
    let mut before: Vec<Block> = Vec::new();
    for end in (1..=MANUAL.len()).filter(|&end| MANUAL.is_char_boundary(end)) {
        markdown.set(&MANUAL[..end], false);
        let same = before.iter().zip(markdown.blocks()).filter(|(mine, theirs)| mine == theirs).count();
        let again = before.len() - same;
        assert!(again <= 1, "only the piece that waits for a definition changes");
        before = markdown.blocks().to_vec();
    }
}

#[test]
fn a_link_is_found_when_its_definition_comes() {
    let mut markdown = Markdown::new("", Language::En);
    markdown.set("See [the site] and [^n].\n\nMore.\n\n", false);
    assert_eq!(&*markdown.blocks()[0].html, "<p>See [the site] and [^n].</p>");
    markdown.set("See [the site] and [^n].\n\nMore.\n\n[The  Site]: https://example.com\n\n[^N]: Note.\n\nEnd\n", false);
    let first = &markdown.blocks()[0];
    assert!(first.html.contains("href=\"https://example.com\""), "{}", first.html);
    assert!(first.html.contains("<sup><a href=\"#fn-n\">n</a></sup>"), "{}", first.html);
    assert!(first.version > 0 && markdown.blocks()[1].version == 0);
}

#[test]
fn a_half_open_fence_does_not_jump() {
    let text = "Look:\n\n```rust\nfn main() {\n\n}\n```\n\nDone";
    let mut markdown = Markdown::new("", Language::En);
    for end in 1..text.len() {
        markdown.set(&text[..end], false);
        let html = seen(&mut markdown);
        assert!(!html.contains('`'), "{end}: {html}");
        assert!(!html.contains("[r]") && !html.contains("[rus]"), "{end}: {html}");
    }
}

#[test]
fn a_table_appears_with_its_head() {
    let text = "Look:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nDone";
    let mut markdown = Markdown::new("", Language::En);
    for end in 1..text.len() {
        markdown.set(&text[..end], false);
        let html = seen(&mut markdown);
        assert!(!html.contains("|"), "{end}: {html}");
    }
}

/// What is shown of a text at each moment while it grows.
fn growing(text: &str) -> Vec<String> {
    let mut markdown = Markdown::new("", Language::En);
    let ends = (1..text.len()).filter(|&end| text.is_char_boundary(end));
    ends.map(|end| {
        markdown.set(&text[..end], false);
        seen(&mut markdown)
    })
    .collect()
}

#[test]
fn a_mark_that_only_begins_makes_no_heading_and_no_list() {
    for text in ["A sentence:\n- one\n- two\n", "A sentence\n=> so\n", "A sentence:\n* one\n", "Text\n1. one\n", "- a\n- b\n"] {
        for html in growing(text) {
            assert!(!html.contains("<h") && !html.contains("<li></li>") && !html.contains('*'), "{html}");
        }
    }
}

#[test]
fn half_an_address_is_no_link() {
    for text in [
        "See https://example.com/a, and\nhttps://example.com/a too",
        "- https://example.com/a\n- b",
        "**https://example.com/a** b",
        "看https://example.com/a，和",
    ] {
        let whole = Markdown::to_html(text, Language::En);
        assert!(whole.contains("href=\"https://example.com/a\""), "{whole}");
        for html in growing(text) {
            let links = html.matches("href=").count();
            assert_eq!(links, html.matches("href=\"https://example.com/a\"").count(), "{html}");
        }
    }
    assert!(Markdown::to_html("https://example.com/a", Language::En).contains("href="));
}

#[test]
fn a_fence_in_the_fence_of_markdown_is_shown_as_it_grows() {
    let text = "```markdown\n# A\n```sh\nls\n```\nB\n```\nAfter\n";
    for html in growing(text) {
        assert!(!html.contains("</code>") || html.contains("B\n</code>"), "{html}");
    }
}

#[test]
fn what_was_thought_is_not_shown() {
    for html in growing("<think>\nSecret\n\nmore\n</think>\n\nThe answer.") {
        assert!(!html.contains("ecret") && !html.contains("think") && !html.contains("more"), "{html}");
    }
}

#[test]
fn open_code_comes_in_chunks_that_never_change() {
    let mut text = String::from("```py\n");
    let mut markdown = Markdown::new("", Language::En);
    let mut before: Vec<Arc<str>> = Vec::new();
    for line in 0..200 {
        text.push_str(&format!("line {line}\n"));
        markdown.set(&text, false);
        let Tail::Code { caption, chunks, open } = markdown.tail() else { panic!("code is open") };
        assert_eq!(caption, "py");
        assert!(chunks.starts_with(&before));
        assert_eq!(chunks.concat() + &open, text["```py\n".len()..]);
        before = chunks;
    }
    assert_eq!(before.len(), 5);
}

#[test]
fn html_is_text_and_links_are_safe() {
    for (text, expected) in [
        ("<script>alert(1)</script>", "<p class=\"raw\">&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>x</p>"),
        ("[x](JaVaScRiPt:alert(1))", "<p>x</p>"),
        ("[x](data:text/html,1)", "<p>x</p>"),
        ("[x](/c/1)", "<p>x</p>"),
        ("[x](//evil.example)", "<p>x</p>"),
        ("a<br>b", "<p>a<br>b</p>"),
        (
            "![cat](https://e.com/c.png)",
            "<p><a href=\"https://e.com/c.png\" class=\"image\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">cat</a></p>",
        ),
        ("![cat](javascript:1)", "<p>cat</p>"),
        (
            "(https://e.com/a.)",
            "<p>(<a href=\"https://e.com/a\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">https://e.com/a</a>.)</p>",
        ),
        ("`https://e.com`", "<p><code>https://e.com</code></p>"),
    ] {
        assert_eq!(Markdown::to_html(text, Language::En), expected, "{text}");
    }
}

/// Counts the formulas, whether rendered or not.
fn formulas(text: &str) -> usize {
    let html = Markdown::to_html(text, Language::En);
    html.matches("<math").count() + html.matches("<code data-formula>").count()
}

#[test]
fn formulas_are_told_from_prices() {
    for text in [
        "$x^2$",
        "$5x + 3 = 2$",
        "so $n$, and",
        "$$\\frac{a}{b}$$",
        "$$\na\n$$",
        "($E=mc^2$)",
        "$2$",
        "| a |\n|---|\n| $x$ |",
        "so \\( x_1 * y_1 * z \\), and",
        "\\(2 or 3\\)",
        "\\(x\\)2",
        "\\[\nE = mc^2\n\\]",
        "> \\[ a = b \\]",
        "1. \\(x\\)",
        "| a |\n|---|\n| \\(x\\) |",
    ] {
        assert_eq!(formulas(text), 1, "{text}");
    }
    for text in [
        "$5 and $6",
        "from $5-$10",
        "$5/$6",
        "It costs $5 (or 6$)",
        "US$5, A$6",
        "$ 5 $",
        "`$x$`",
        "\\$x\\$",
        "$HOME is set",
        "    $x$",
        "```\n$$x$$\n```",
        "$20 per month, $200 per year",
        "`\\(x\\)`",
        "\\\\(x\\\\)",
        "\\[sic\\]",
        "```\n\\[ a = b \\]\n```",
        "    \\(x\\)",
    ] {
        assert_eq!(formulas(text), 0, "{text}");
    }
    assert!(Markdown::to_html("$5 and $6", Language::En).contains("$5 and $6"));
    assert!(Markdown::to_html("from $5-$10", Language::En).contains("from $5-$10"));
}

/// An open block never shows the source of a formula as text.
#[test]
fn an_open_formula_is_held_back() {
    let text = "So $$\\frac{a_1}{b_2} = *c*$$ and $d_1 + e_2$ cost $5 then `$x` and \\( *f* \\) in\n\\[\n*g* = 1\n\\] done";
    let mut markdown = Markdown::new("", Language::En);
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        markdown.set(&text[..end], false);
        let Tail::Html(html) = markdown.tail() else { panic!("no code here") };
        let read = html.replace("<code data-formula>", "<").replace("<math", "<");
        let shown: String = read.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        assert!(!shown.contains("$$") && !shown.contains("$\\") && !shown.contains("$d"), "{shown}");
        assert!(!shown.contains("( ") && !shown.contains("[\n") && !html.contains("<em>"), "{shown}");
    }
    // The end of a paragraph, or its next item, shows what turned out not to be a formula.
    for text in ["- a $$ b\n- c", "- a \\[ b $5\n- c", "costs $x and\nmore", "the price is $5"] {
        let mut markdown = Markdown::new("", Language::En);
        markdown.set(text, false);
        let Tail::Html(html) = markdown.tail() else { panic!("no code here") };
        assert!(html.contains('$'), "{html}");
    }
}

/// Lines that form most kinds of structure; some are broken, some hostile.
fn line() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => prop::sample::select(vec![
            "", "", "", "word", "two words", "# head", "===", "---", "- item", "  more", "    deep", "\ttab", "1. first", "2) second",
            "- - nested", "```", "```rust", "~~~", "   ```", "````", "> quote", ">> deeper", "> ```", "| a | b |", "|---|:-:|", "| 1 |",
            "[a]: https://example.com", "[a] and [b][c]", "[^1]: note", "see[^1]", "***bold*", "`code", "* * *", "-", "1.",
            "$x$", "$$", "a $$ b", "\\(x\\)", "\\[", "\\] a", "a \\( b_", "$", "```markdown", "```md", "<think>", "</think> a", "\\begin{align}", "\\end{align} b", "$$ c", "\\]", "1. again", "1999. year", "**「a」**b", "~c~d",
            "<b>b", "c</b>", "<!-- d -->", "<details>", "<summary>e</summary>", "[ \\f ]", "costs $5", "<div>", "</div>", "<!-- c", "-->", "<script>", "[x](javascript:1)", "![i](https://e.com/i.png)", "https://e.com/a_b_", "a\\",
        ]).prop_map(str::to_owned),
        1 => "[ \\t]{0,5}[-+*>`~#|0-9.)\\[\\]^:!<a\u{e9}]{0,6} ?[a-z]{0,3}",
        1 => ".{0,12}",
    ];
    (line, prop::sample::select(vec!["\n", "\n", "\n", "\r\n", ""])).prop_map(|(line, end)| line + end)
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..24).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The portions in which a text arrives make no difference, at any moment.
    #[test]
    fn portions_make_no_difference(text in text(), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let (mut at_once, mut by_parts) = (Markdown::new("", Language::En), grown(&text, &cuts));
        at_once.set(&text, false);
        by_parts.set(&text, false);
        prop_assert_eq!(seen(&mut at_once), seen(&mut by_parts));
        by_parts.set(&text, true);
        let whole: String = by_parts.blocks().iter().map(|block| &*block.html).collect();
        prop_assert_eq!(whole, Markdown::to_html(&text, Language::En));
    }

    /// No text results in a script, an event handler or a link to a script.
    #[test]
    fn nothing_becomes_live(text in text(), hostile in prop::sample::select(vec![
        "<script>", "<img src=x onerror=alert(1)>", "<a href='javascript:x'>", "<svg/onload=x>", "\"onmouseover=x", "](javascript:x)",
        "```\" onclick=x", "$<script>$", "$$\\text{<img src=x onerror=x>}$$", "$x\" onclick=x$", "[x]: javascript:x", "<javascript:x>", "![x](data:x)", "[a](https://e.com\"onclick=x)", "[^\"onclick=x]", "&lt;script&gt;",
    ]), at in any::<usize>()) {
        let at = (0..=text.len()).rev().find(|&i| i <= at % (text.len() + 1) && text.is_char_boundary(i)).unwrap_or(0);
        let text = format!("{}{hostile}{}", &text[..at], &text[at..]);
        check(&Markdown::to_html(&text, Language::En))?;
        let mut open = grown(&text, &[at + hostile.len()]);
        if let Tail::Html(html) = open.tail() {
            check(&html)?;
        }
    }
}

/// Reads HTML like a browser, as far as tags and attributes are concerned.
fn check(html: &str) -> Result<(), TestCaseError> {
    const TAGS: &[&str] = &[
        "p",
        "details",
        "summary",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "figure",
        "figcaption",
        "span",
        "button",
        "pre",
        "code",
        "ul",
        "ol",
        "li",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "em",
        "strong",
        "del",
        "a",
        "sup",
        "sub",
        "kbd",
        "mark",
        "small",
        "ins",
        "b",
        "i",
        "s",
        "u",
        "br",
        "hr",
        "input",
        "math",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mrow",
        "msup",
        "msub",
        "msubsup",
        "munder",
        "mover",
        "mspace",
        "mtable",
        "mtr",
        "mtd",
        "ms",
        "mfrac",
        "msqrt",
        "mroot",
        "munderover",
        "mmultiscripts",
        "mprescripts",
        "mpadded",
        "mphantom",
    ];
    const ATTRIBUTES: &[&str] = &[
        "class",
        "type",
        "data-copy",
        "data-copy-table",
        "data-confirms",
        "data-csv",
        "data-save",
        "data-preview",
        "open",
        "data-wrap",
        "data-formula",
        "display",
        "stretchy",
        "form",
        "fence",
        "lspace",
        "rspace",
        "width",
        "mathvariant",
        "largeop",
        "movablelimits",
        "displaystyle",
        "scriptlevel",
        "aria-pressed",
        "tabindex",
        "start",
        "id",
        "href",
        "title",
        "target",
        "rel",
        "disabled",
        "checked",
        "aria-label",
        "symmetric",
        "accent",
        "accentunder",
        "separator",
        "minsize",
        "maxsize",
        "height",
        "depth",
        "voffset",
        "linethickness",
        "columnspan",
        "mathcolor",
        "mathbackground",
        "mathsize",
    ];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let tag = rest.trim_start_matches('/');
        let name_end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        prop_assert!(TAGS.contains(&&tag[..name_end]), "tag {:?} in {html}", &tag[..name_end]);
        let mut inside = &tag[name_end..];
        loop {
            inside = inside.trim_start();
            if let Some(after) = inside.strip_prefix("/>").or_else(|| inside.strip_prefix('>')) {
                rest = after;
                break;
            }
            let end = inside.find(['=', ' ', '>']).unwrap_or(inside.len());
            let name = &inside[..end];
            prop_assert!(ATTRIBUTES.contains(&name), "attribute {name:?} in {html}");
            inside = &inside[end..];
            if let Some(value) = inside.strip_prefix("=\"") {
                let end = value.find('"').unwrap_or(value.len());
                if name == "href" {
                    let to = &value[..end];
                    prop_assert!(["http", "mailto:", "#fn-"].iter().any(|ok| to.to_ascii_lowercase().starts_with(ok)), "{to:?} in {html}");
                }
                inside = &value[end + 1..];
            }
        }
    }
    Ok(())
}

fn source(n: u32, excerpt: &str) -> Source {
    Source { n, title: "Lecture <7>.pdf".into(), location: Some(format!("page {n}")), excerpt: excerpt.into(), ..Source::default() }
}

fn citing(text: &str, sources: &Sources, is_checked: bool) -> String {
    let mut markdown = Markdown::new("", Language::En);
    markdown.cite("c-x.", sources, is_checked);
    markdown.set(text, true);
    seen(&mut markdown)
}

#[test]
fn a_number_of_a_passage_is_a_link_to_it() {
    let sources = vec![source(1, "The first step releases CO₂."), source(2, "Nothing")];
    let link = |n: u32| format!("<a class=\"cite\" href=\"#c-x.{n}\" aria-label=\"Source {n}: Lecture &lt;7&gt;.pdf, page {n}\">{n}</a>");
    let [one, two] = [link(1), link(2)];
    assert_eq!(citing("It is so [1].", &sources, true), format!("<p>It is so {one}.</p>"));
    assert_eq!(citing("So [1, 2][2]", &sources, true), format!("<p>So {one}{two}{two}</p>"));
    assert_eq!(
        citing("- “the *first* step” **[1]**", &sources, true),
        format!("<ul><li>“the <em>first</em> step” <strong>{one}</strong></li></ul>")
    );
    for text in ["So [3]", "So [1, 3]", "So []", "a[0]", "So [1"] {
        assert_eq!(citing(text, &sources, true), format!("<p>{text}</p>"));
    }
    assert_eq!(citing("`[1]`", &sources, true), "<p><code>[1]</code></p>");
    assert!(!citing("```\n[1]\n```\n\n[web [1]](https://example.org)\n", &sources, true).contains("cite"));
}

#[test]
fn a_citation_is_marked_if_its_words_are_not_in_the_passage() {
    let sources = vec![source(1, "The first step releases CO₂."), Source { quote: Some("on the next page".into()), ..source(2, "") }];
    let marks = |text: &str, is_checked| citing(text, &sources, is_checked).matches("not found there</span>").count();
    assert_eq!(marks("“The second step” [1]", true), 1);
    assert_eq!(marks("“The second step” [1]", false), 0);
    assert_eq!(marks("“The first step … releases” is “first STEP” [1], “on the next page” [2]. So [1].", true), 0);
    assert_eq!(marks("“first step” [1]\n\n“third step” [1], “step” [1][2]", true), 2);
}

#[test]
fn citations_are_shown_and_checked_when_that_is_known() {
    let sources = vec![source(1, "The first step.")];
    let mut markdown = Markdown::new("", Language::En);
    markdown.set("“The second step” [1].\n\nMore [1", false);
    assert!(!seen(&mut markdown).contains("cite"));
    assert!(markdown.cite("c-x.", &sources, false) && !markdown.cite("c-x.", &sources, false));
    assert_eq!(seen(&mut markdown).matches("class=\"cite\"").count(), 1);
    markdown.set("“The second step” [1].\n\nMore [1].\n", false);
    assert_eq!(seen(&mut markdown).matches("class=\"cite\"").count(), 2);
    let before = markdown.blocks()[0].version;
    markdown.set("“The second step” [1].\n\nMore [1].\n", true);
    assert!(markdown.cite("c-x.", &sources, true));
    assert!(markdown.blocks()[0].version > before && seen(&mut markdown).contains("cite unverified"));
}

#[test]
fn citations_add_at_most_as_much_as_the_text_has() {
    let sources = vec![Source { title: "x".repeat(200), ..source(1, "") }];
    let html = citing(&"[1]".repeat(100_000), &sources, true);
    assert!(html.len() <= 4 * (REFERENCES + 300_000), "{}", html.len());
}
