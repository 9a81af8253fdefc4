//! Describes a session's device in a few words, from its `User-Agent`, so that the user recognizes it.
//!
//! Browsers include each other's names, so the order of the search matters. No decision depends on the result.

/// Returns the browser and the system, such as `Firefox on Linux`. For other programs, returns the first word.
pub fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS", "Chrome"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    let find = |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    let browser = find(&BROWSERS).or_else(|| agent.contains("Safari/").then_some("Safari"));
    match (browser, find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let plain: String = agent.chars().skip_while(|c| !is_plain(*c)).take_while(|c| is_plain(*c)).take(30).collect();
            if plain.is_empty() { "Unknown device".to_owned() } else { plain }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_though_they_name_each_other() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
        assert_eq!(device(chrome), "Chrome on Linux");
        assert_eq!(device(&format!("{chrome} Edg/142.0")), "Edge on Linux");
        assert_eq!(device("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"), "Firefox on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(device(phone), "Safari on iPhone");
    }

    #[test]
    fn what_is_no_browser_keeps_its_name_and_no_more() {
        assert_eq!(device("curl/8.5.0"), "curl");
        assert_eq!(device(""), "Unknown device");
        assert_eq!(device("<script>alert(1)</script>"), "script");
        assert_eq!(device(&"x".repeat(9_000)).len(), 30);
    }
}
