//! Converts an activity of a Google Takeout page (“My Activity.html”) to the form of Takeout's JSON. The page has prompt, time and answer
//! one after the other, separated by line breaks.

use serde_json::json;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, format_description::well_known::Rfc3339};

use super::html;

/// Start of each part of an activity.
const PART: &str = "<div class=\"content-cell";
const HEADER: &str = "mdl-typography--title";
/// Maximum length of a line that may be a time.
const LONGEST_TIME: usize = 100;

/// Returns the activity as JSON. Time and memory are proportional to the length of the text.
pub(in super::super) fn activity(cell: &str) -> String {
    let (head, rest) = cell.split_once(PART).map_or(("", after_tag(cell)), |(head, rest)| (head, after_tag(rest)));
    let (content, captions) = rest.split_once(PART).unwrap_or((rest, ""));
    let header = head.split_once(HEADER).map(|(_, header)| plain(after_tag(header).split("</p").next().unwrap_or_default()));
    let (lines, time, answer) = parts(content);
    let (mut prompt, mut files) = (Vec::new(), Vec::new());
    for line in lines {
        if line.contains("<a ") && !prompt.is_empty() {
            // The line before the first file tells how many there are.
            if files.is_empty() && prompt.len() > 1 {
                prompt.pop();
            }
            files.push(plain(line).trim_start_matches(['-', ' ']).to_owned());
        } else {
            prompt.push(plain(line));
        }
    }
    json!({
        // Without a header, the page belongs to one product; activities of other products have no prompts.
        "header": header.unwrap_or_else(|| "Gemini".to_owned()),
        "title": prompt.join("\n").trim(),
        "time": time,
        "products": [plain(captions)],
        "safeHtmlItem": [{"html": answer}],
        "attachedFiles": files,
    })
    .to_string()
}

/// Returns the lines before the time, the time, and the rest. Without a time, only the first line is before the rest.
fn parts(content: &str) -> (Vec<&str>, Option<String>, &str) {
    let (mut lines, mut rest) = (Vec::new(), content);
    loop {
        let (line, next) = rest.split_once("<br").map_or((rest, None), |(line, next)| (line, Some(after_tag(next))));
        if let Some(time) = time(line) {
            return (lines, Some(time), next.unwrap_or_default());
        }
        lines.push(line);
        match next {
            Some(next) => rest = next,
            None => break,
        }
    }
    let (first, rest) = content.split_once("<br").unwrap_or((content, ""));
    (vec![first], None, after_tag(rest))
}

/// Returns what follows the end of a tag.
fn after_tag(text: &str) -> &str {
    text.split_once('>').map_or("", |(_, rest)| rest)
}

/// Returns the text without tags, with character references decoded.
fn plain(text: &str) -> String {
    let mut parts = text.split('<');
    let mut said = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| said.push_str(after_tag(part)));
    html::unescaped(&said).replace(['\u{a0}', '\u{202f}', '\u{2003}'], " ").trim().to_owned()
}

/// Parses a time as Takeout writes it in English, German and similar languages: `Sep 1, 2025, 1:23:45 PM UTC`, `01.09.2025, 13:23:45
/// MESZ`. Returns it in RFC 3339 format, or unchanged if the month is in another language. Returns `None` if the line is not a time.
fn time(line: &str) -> Option<String> {
    if line.len() > LONGEST_TIME || line.contains('<') {
        return None;
    }
    let text = plain(line);
    let words: Vec<&str> = text.split([' ', ',', '.', '/']).filter(|word| !word.is_empty()).collect();
    let clock = words.iter().find(|word| word.split(':').count() > 1 && word.split(':').all(|part| part.parse::<u8>().is_ok()));
    let year = words.iter().find_map(|word| word.parse::<i32>().ok().filter(|year| (2000..2200).contains(year)))?;
    // A line of a prompt may contain a year as well.
    let Some(date) = date(&words, year) else { return clock.map(|_| text.clone()) };
    if clock.is_none() && words.len() != 3 {
        return None;
    }
    let half = words.iter().find_map(|word| match word.to_ascii_lowercase().as_str() {
        "am" => Some(0),
        "pm" => Some(12),
        _ => None,
    });
    let mut clock = clock.iter().flat_map(|clock| clock.split(':')).map(|part| part.parse::<u8>().unwrap_or_default());
    let mut next = || clock.next().unwrap_or_default();
    let (hour, minute, second) = (next(), next(), next());
    let hour = half.map_or(hour, |half| hour % 12 + half);
    let at = PrimitiveDateTime::new(date, Time::from_hms(hour, minute, second).ok()?).assume_utc();
    let at = words.last().and_then(|zone| offset(zone)).map_or(at, |hours| at - Duration::hours(hours));
    OffsetDateTime::format(at, &Rfc3339).ok()
}

fn date(words: &[&str], year: i32) -> Option<Date> {
    let number = |word: &&str| word.parse::<u8>().ok();
    let mut numbers = words.iter().filter_map(number);
    let named = words.iter().find_map(|word| month(word));
    let (day, month) = (numbers.next()?, numbers.next());
    let month = named.or_else(|| Month::try_from(month?).ok())?;
    Date::from_calendar_date(year, month, day).ok()
}

fn month(word: &str) -> Option<Month> {
    let begin: String = word.chars().take(3).flat_map(char::to_lowercase).collect();
    let names = ["jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"];
    let at = names.iter().position(|names| names.split(' ').any(|name| name == begin))?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

/// Returns the hours to add for UTC, for zones whose names Takeout writes. Others count as UTC, so that at least the day is nearly right.
fn offset(zone: &str) -> Option<i64> {
    let zones: [(&str, i64); 9] = [
        ("CET MEZ BST WEST", 1),
        ("CEST MESZ EET SAST", 2),
        ("EEST MSK", 3),
        ("JST KST", 9),
        ("EDT AST", -4),
        ("EST CDT", -5),
        ("CST MDT", -6),
        ("MST PDT", -7),
        ("PST AKDT", -8),
    ];
    zones.iter().find(|(names, _)| names.split(' ').any(|name| name == zone)).map(|(_, hours)| *hours)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

    use super::*;
    use holdfast_testing::assert_linear;

    #[test]
    fn an_activity_is_prompt_time_files_and_answer() {
        let cell = r#"<div class="outer-cell mdl-cell"><div class="mdl-grid"><div class="header-cell mdl-cell"><p class="mdl-typography--title">Gemini Apps<br></p></div><div class="content-cell mdl-cell mdl-typography--body-1">Prompted&nbsp;What is &lt;b&gt;,<br>in short?<br>Attached 2 files.<br>-&nbsp; <a href="a.png">a.png</a><br>-&nbsp; <a href="b">b</a><br>Sep 1, 2025, 1:23:45&#8239;PM UTC<br><p>Bold.</p><br><p>x</p></div><div class="content-cell mdl-typography--text-right"></div><div class="content-cell mdl-typography--caption"><b>Products:</b><br>&emsp;Gemini Apps<br></div></div></div>"#;
        let value: Value = serde_json::from_str(&activity(cell)).unwrap();
        assert_eq!(value["header"], "Gemini Apps");
        assert_eq!(value["title"], "Prompted What is <b>,\nin short?");
        assert_eq!(value["time"], "2025-09-01T13:23:45Z");
        assert_eq!(value["attachedFiles"], json!(["a.png", "b"]));
        assert!(value["safeHtmlItem"][0]["html"].as_str().unwrap().starts_with("<p>Bold.</p><br><p>x</p></div>"));
        assert!(value["products"][0].as_str().unwrap().contains("Gemini"));
        let value: Value = serde_json::from_str(&activity("<div class=\"outer-cell\">Prompted a<br><p>b</p>")).unwrap();
        assert_eq!((&value["title"], &value["safeHtmlItem"][0]["html"]), (&json!("Prompted a"), &json!("<p>b</p>")));
    }

    #[test]
    fn times_are_told_from_lines_of_a_prompt() {
        for (line, at) in [
            ("Sep 1, 2025", Some("2025-09-01T00:00:00Z")),
            ("Apr 30, 2024, 12:05:06 AM PDT", Some("2024-04-30T07:05:06Z")),
            ("1 Sept 2025, 13:23:45 BST", Some("2025-09-01T12:23:45Z")),
            ("01.09.2025, 13:23:45 MESZ", Some("2025-09-01T11:23:45Z")),
            ("1. März 2025, 13:23:45 MEZ", Some("2025-03-01T12:23:45Z")),
            ("1 août 2025 à 13:23:45 UTC", Some("1 août 2025 à 13:23:45 UTC")),
            ("In May 2025 we had 3 storms", None),
            ("at 10:00", None),
            ("2025", None),
            ("Feb 31, 2025, 1:00:00 AM UTC", Some("Feb 31, 2025, 1:00:00 AM UTC")),
            ("<b>Sep 1, 2025</b>", None),
        ] {
            assert_eq!(time(line).as_deref(), at, "{line}");
        }
    }

    #[test]
    fn an_activity_takes_time_in_proportion_to_it() {
        for parts in [("", "<br>"), ("", "<"), ("", "<a "), ("", "<a <br>"), ("x<br>", "&"), ("", "1:"), ("", PART), ("", "2025<br>")] {
            assert_linear("an activity", parts, |text| assert!(activity(text).len() <= 8 * text.len() + 1_000));
        }
    }
}
