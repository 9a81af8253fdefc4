//! What an opening fence says about its block: the language, and the name of the file.

/// Returns the language that a fence names.
pub(super) fn language(info: &str) -> &str {
    info.split([' ', ',', '{', '\t', ':']).next().unwrap_or_default()
}

/// Returns what is shown above a block: the name of its file, else its language.
pub(super) fn caption(info: &str) -> &str {
    file(info).unwrap_or_else(|| language(info))
}

/// Returns whether the page can show what the code of this language draws (see `browser/modules/preview.js`).
pub(super) fn can_be_previewed(language: &str) -> bool {
    ["html", "mermaid", "svg"].iter().any(|name| language.eq_ignore_ascii_case(name))
}

/// Returns the name of the file that a fence names: `js:src/a.js`, `js title="src/a.js"` or `js src/a.js`.
fn file(info: &str) -> Option<&str> {
    let rest = &info[language(info).len()..];
    for name in ["title=", "filename=", "file="] {
        if let Some(at) = rest.find(name)
            && rest[..at].ends_with([' ', '{', ',', '\t'])
        {
            let value = &rest[at + name.len()..];
            let end = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => return value[1..].split(quote).next().map(str::trim).filter(|name| !name.is_empty()),
                _ => value.find([' ', '}', ',']).unwrap_or(value.len()),
            };
            return Some(&value[..end]).filter(|name| !name.is_empty());
        }
    }
    let word = match rest.strip_prefix(':') {
        Some(word) => word.split_whitespace().next()?,
        // Words after the language are usually options, so only what looks like a path is one.
        None => rest.split_whitespace().next().filter(|word| is_path(word))?,
    };
    Some(word)
}

fn is_path(word: &str) -> bool {
    let is_dotted = word.rsplit_once('.').is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (is_dotted || word.contains('/') || ["Dockerfile", "Makefile"].contains(&word)) && !word.contains(['=', '{', '}', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_names_a_language_and_a_file() {
        for (info, read) in [
            ("", ("", "")),
            ("js", ("js", "js")),
            ("js:src/a.js", ("js", "src/a.js")),
            ("js src/a.js", ("js", "src/a.js")),
            ("js title=\"my file.js\" {1,3}", ("js", "my file.js")),
            ("js {1,3} title='a.js'", ("js", "a.js")),
            ("python filename=a.py", ("python", "a.py")),
            ("make Makefile", ("make", "Makefile")),
            ("rust ignore", ("rust", "rust")),
            ("rust,no_run", ("rust", "rust")),
            ("js {1.5}", ("js", "js")),
            ("js title=\"\"", ("js", "js")),
            ("js subtitle=a.js", ("js", "js")),
            ("c++", ("c++", "c++")),
            ("js:", ("js", "js")),
        ] {
            assert_eq!((language(info), caption(info)), read, "{info:?}");
        }
    }
}
