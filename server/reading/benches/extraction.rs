//! Compares what is read from PDF files with what `pdftotext` reads: a row of Markdown for each file in the folder `HOLDFAST_PDFS`, or for
//! each file that is given. `make bench` runs it. With `SHOW` it lists the words that differ.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

use std::{collections::HashMap, ops::ControlFlow, process::Command, time::Instant};

use holdfast_core::ports::ReadEvent;

fn main() {
    println!("| file | pages | words | words F1 | on the right page | seconds |\n|---|---|---|---|---|---|");
    let (mut sum, mut count) = (0.0, 0);
    for path in paths() {
        let began = Instant::now();
        let mut ours: Vec<String> = Vec::new();
        holdfast_reading::read(std::fs::read(&path).unwrap(), "pdf", 1, &mut |event| {
            if let ReadEvent::Page(page) = event {
                ours.resize(page.number as usize, String::new());
                ours[page.number as usize - 1] = page.text;
            }
            ControlFlow::Continue(())
        });
        let seconds = began.elapsed().as_secs_f32();
        let output = Command::new("pdftotext").args(["-enc", "UTF-8", &path, "-"]).output().unwrap().stdout;
        let text = String::from_utf8_lossy(&output).into_owned();
        let theirs: Vec<&str> = text.split('\u{c}').collect();
        let pages = theirs.len() - 1;
        let (mut same, mut all_ours, mut all_theirs, mut right) = (0, 0, 0, 0);
        for index in 0..pages {
            let (a, b) = (words(ours.get(index).map_or("", String::as_str)), words(theirs[index]));
            let shared = shared(&a, &b);
            same += shared;
            all_ours += a.values().sum::<usize>();
            all_theirs += b.values().sum::<usize>();
            let of_page = b.values().sum::<usize>();
            // A page is right if its words are more those of this page than those of the pages beside it.
            let near = [index.wrapping_sub(1), index + 1].into_iter().filter_map(|other| theirs.get(other).filter(|_| other < pages));
            let best = near.map(|other| self::shared(&a, &words(other))).max().unwrap_or(0);
            right += usize::from(of_page < 5 || shared >= best);
            if std::env::var_os("SHOW").is_some() && shared * 10 < of_page * 9 {
                let lacks = |a: &HashMap<String, usize>, b: &HashMap<String, usize>| {
                    let mut lacking: Vec<&str> =
                        a.iter().filter(|(word, n)| b.get(*word).unwrap_or(&0) < n).map(|(word, _)| word.as_str()).collect();
                    lacking.sort_unstable();
                    lacking.into_iter().take(15).collect::<Vec<_>>().join(" ")
                };
                eprintln!("page {}: {shared} of {of_page}; ours {}; theirs {}", index + 1, lacks(&a, &b), lacks(&b, &a));
            }
        }
        let f1 = 2.0 * same as f64 / (all_ours + all_theirs).max(1) as f64;
        (sum, count) = (sum + f1, count + 1);
        let name = path.rsplit('/').next().unwrap_or(&path);
        println!("| {name} | {pages} | {all_theirs} | {f1:.4} | {right} | {seconds:.2} |");
    }
    println!("| mean | | | {:.4} | | |", sum / f64::from(count.max(1)));
}

fn paths() -> Vec<String> {
    let given: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if !given.is_empty() {
        return given;
    }
    let Some(folder) = std::env::var_os("HOLDFAST_PDFS") else { return Vec::new() };
    let files = std::fs::read_dir(folder).map(|files| files.flatten().map(|file| file.path().display().to_string()).collect());
    let mut paths: Vec<String> = files.unwrap_or_default();
    paths.sort();
    paths
}

/// Counts the words of a text. Compatible characters, such as ligatures, count as one; characters of scripts without spaces count each.
fn words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    let text: String = text
        .chars()
        .flat_map(|c| match c {
            '\u{fb00}' => "ff".chars().collect::<Vec<_>>(),
            '\u{fb01}' => "fi".chars().collect(),
            '\u{fb02}' => "fl".chars().collect(),
            '\u{fb03}' => "ffi".chars().collect(),
            '\u{fb04}' => "ffl".chars().collect(),
            '\u{ad}' => vec!['-'],
            c if ('\u{2e80}'..'\u{a000}').contains(&c) || ('\u{ff00}'..'\u{ffa0}').contains(&c) => vec![' ', c, ' '],
            c => vec![c],
        })
        .collect();
    for word in text.split_whitespace() {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

fn shared(a: &HashMap<String, usize>, b: &HashMap<String, usize>) -> usize {
    a.iter().map(|(word, count)| *count.min(b.get(word).unwrap_or(&0))).sum()
}
