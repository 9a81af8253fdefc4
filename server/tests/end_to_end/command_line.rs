//! The command line: an error is one sentence.

use std::{os::unix::ffi::OsStrExt as _, process::Output};

use crate::support::{Server, server::command};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } =
        command().current_dir(folder.path()).args(arguments).envs(variables.iter().copied()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn config_prints_each_setting_with_its_source() {
    let (now, before) = ("nV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE", "bQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA");
    let (code, out, _) = run(
        &["config", "--log", "debug"],
        &[
            ("HOLDFAST_LISTEN", "127.0.0.1:9"),
            ("OPENAI_API_KEY", "sk-hidden"),
            ("HOLDFAST_SECRET", now),
            ("HOLDFAST_SECRET_BEFORE", &format!("{before},{before}")),
        ],
    );
    assert_eq!(code, Some(0));
    assert!(out.contains("\"127.0.0.1:9\"  # HOLDFAST_LISTEN"), "{out}");
    assert!(out.contains("\"debug\"  # command line"), "{out}");
    assert!(out.contains("\"./data\"  # default"), "{out}");
    assert!(out.contains("# OPENAI_API_KEY") && !out.contains("sk-hidden"), "{out}");
    assert!(out.contains("# HOLDFAST_SECRET_BEFORE") && !out.contains(now) && !out.contains(before), "{out}");
}

#[test]
fn every_setting_is_in_the_manual_and_in_the_help() {
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md")).unwrap();
    let (code, help, _) = run(&["--help"], &[]);
    assert_eq!(code, Some(0));
    for key in holdfast_server::config::KEYS {
        let (flag, variable) = (key.flag(), key.variable());
        assert!(help.contains(&format!("{flag} <VALUE>")) && help.contains(&format!("[{variable}")), "{flag} is not in the help");
        let row = manual.lines().find(|line| line.starts_with(&format!("| `{flag}` |")));
        let row = row.unwrap_or_else(|| panic!("{flag} is not in docs/configuration.md"));
        assert!(row.contains(&format!("`{variable}`")) && row.contains(&format!("| `{}` |", key.name)), "{row}");
        let default = key.default.filter(|text| !text.is_empty());
        assert!(default.is_none_or(|text| row.contains(&format!("`{text}`"))), "the default of {flag} is {default:?}: {row}");
    }
}

#[test]
fn an_invalid_setting_is_reported_in_one_sentence() {
    for (name, value, words) in [
        ("HOLDFAST_LISTEN", "nowhere", ["HOLDFAST_LISTEN", "\"nowhere\"", "127.0.0.1:3000"]),
        ("HOLDFAST_SECRET", "changeme-changeme-changeme-changeme", ["HOLDFAST_SECRET", "guess", "openssl"]),
        ("HOLDFAST_SECRET", "short", ["HOLDFAST_SECRET", "5 bytes", "32"]),
        ("HOLDFAST_SECRET_BEFORE", "short", ["HOLDFAST_SECRET_BEFORE", "5 bytes", "--secret-before"]),
        ("HOLDFAST_LOG", "loud", ["HOLDFAST_LOG", "\"loud\"", "error, warn, info"]),
        ("OLLAMA_HOST", "http://", ["OLLAMA_HOST", "\"http://\"", "127.0.0.1:11434"]),
        ("HOLDFAST_TLS_KEY", "key.pem", ["HOLDFAST_TLS_KEY", "tls_cert", "--tls-key"]),
        ("HOLDFAST_DATA", "/proc/none", ["/proc/none", "can't be used", "--data"]),
    ] {
        let (code, _, error) = run(&[], &[(name, value)]);
        assert_eq!(code, Some(1));
        assert!(words.iter().all(|word| error.contains(word)) && error.trim().lines().count() == 1, "{error}");
    }
    let (code, _, error) = run(&["--lisen", "x"], &[]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--listen"), "{error}");
}

#[tokio::test]
async fn an_unknown_variable_suggests_the_nearest_name() {
    let (name, sentence) = ("HOLDFAST_PUBLIC_ADDRESS", "HOLDFAST_PUBLIC_ADDRESS is no setting");
    let (code, out, error) = run(&["config"], &[(name, "https://chat.example.com"), ("HOLDFAST_PORT", "tcp://10.0.0.1:3000")]);
    assert_eq!(code, Some(0));
    assert!(error.contains(sentence) && error.contains("HOLDFAST_PUBLIC_URL?") && error.lines().count() == 1, "{error}");
    assert!(out.contains("public_url") && !out.contains("PUBLIC_ADDRESS"), "{out}");
    let server = Server::with_log(&[("PUBLIC_ADDRESS", "https://chat.example.com")]).await;
    let log = server.log();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains(sentence)), "{log}");
}

#[test]
fn an_unknown_setting_in_the_file_suggests_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("its.toml");
    let file = file.to_str().unwrap();
    for (text, meant) in [("publicurl = \"https://a.example\"", "public_url"), ("[[oidc]]\nclient = \"chat\"", "client_id")] {
        std::fs::write(file, text).unwrap();
        for (arguments, variables) in [(vec!["--config", file], vec![]), (vec![], vec![("HOLDFAST_CONFIG", file)])] {
            let (code, _, error) = run(&arguments, &variables);
            assert_eq!(code, Some(1));
            assert!(error.contains(file) && error.contains(&format!("Did you mean {meant}?")), "{error}");
        }
    }
}

#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    let value = std::ffi::OsStr::from_bytes(b"127.0.0.1:\xff");
    let out = command().arg("config").env("HOLDFAST_LISTEN", value).output().unwrap();
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(!out.status.success() && error.contains("HOLDFAST_LISTEN can't be read"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_reported_with_its_program() {
    let server = Server::start().await;
    let (code, _, error) = run(&["--listen", &server.address], &[]);
    assert_eq!(code, Some(1));
    assert!(error.contains("in use") && error.contains(&format!("holdfast (process {})", server.process())), "{error}");
}

#[tokio::test]
async fn a_data_folder_is_used_by_one_server() {
    let server = Server::start().await;
    let (code, _, error) = run(&["--listen", "127.0.0.1:0", "--data", server.data().to_str().unwrap()], &[]);
    assert_eq!(code, Some(1));
    assert!(error.contains("another Holdfast"), "{error}");
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_not_touched() {
    let mut server = Server::start().await;
    server.stop().await;
    let store = server.data().join("holdfast.db");
    let newer = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); \
        c.execute(\"insert into _sqlx_migrations select 9999, 'later', installed_on, success, checksum, execution_time from _sqlx_migrations limit 1\"); \
        c.commit(); c.execute('pragma wal_checkpoint(truncate)')";
    assert!(std::process::Command::new("python3").args(["-c", newer]).arg(&store).status().unwrap().success());
    let before = std::fs::read(&store).unwrap();
    let (code, _, error) = run(&["--listen", "127.0.0.1:0", "--data", server.data().to_str().unwrap()], &[]);
    assert_eq!(code, Some(1));
    assert!(error.contains("newer Holdfast") && error.contains("9999"), "{error}");
    assert!(std::fs::read(&store).unwrap() == before);
}
