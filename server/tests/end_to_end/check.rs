//! `holdfast check` checks everything that a start needs.

use std::{os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use serde_json::json as value;

use crate::support::{
    Server,
    manual::{NAME, certify, free_port},
    server::{binary, command},
};
use holdfast_testing::upstream::{Upstream, json, reply};

/// Runs a check with these variables, through a launcher if one is given.
fn check_by(launcher: &[&str], data: &Path, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut check = match launcher {
        [] => command(),
        [program, arguments @ ..] => {
            let mut check = Command::new(program);
            check.args(arguments).arg(binary());
            check
        }
    };
    check.arg("check").env("HOLDFAST_DATA", data).env("HOLDFAST_DISCOVER", "false");
    if variables.iter().all(|(name, _)| *name != "HOLDFAST_LISTEN") {
        check.env("HOLDFAST_LISTEN", "127.0.0.1:0");
    }
    let out = check.envs(variables.iter().copied()).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
}

fn check(data: &Path, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    check_by(&[], data, variables)
}

/// Returns the line about one check.
fn line<'s>(said: &'s str, name: &str) -> &'s str {
    let mut lines = said.lines().filter(|line| line.starts_with(&format!("{name}: ")));
    let line = lines.next().unwrap_or_else(|| panic!("nothing of {name}: {said}"));
    assert!(lines.next().is_none(), "{said}");
    line
}

#[test]
fn a_check_before_the_first_start_succeeds_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let (code, said) = check(&data, &[]);
    assert_eq!(code, Some(0), "{said}");
    for name in ["Data folder", "Free space", "Secret", "Open files", "Address 127.0.0.1:0", "Store", "Clock"] {
        assert!(line(&said, name).contains(": good, "), "{said}");
    }
    assert!(line(&said, "Providers").contains("warning") && line(&said, "Providers").contains("OPENAI_API_KEY"), "{said}");
    assert_eq!(check(folder.path(), &[]).0, Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn while_the_server_runs_only_its_own_port_may_be_in_use() {
    let server = Server::start().await;
    let (code, said) = check(server.data(), &[("HOLDFAST_LISTEN", &server.address)]);
    assert_eq!(code, Some(0), "{said}");
    let address = line(&said, &format!("Address {}", server.address));
    assert!(address.contains("good, the Holdfast that runs") && address.contains(&format!("(process {})", server.process())), "{said}");
    assert!(line(&said, "Data folder").contains("A Holdfast runs with it"), "{said}");
    assert!(line(&said, "Store").contains("good"), "{said}");
    assert_eq!(server.get("/health").await.status, 200);
    // With other data, the port belongs to another server or program.
    let other = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_at = taken.local_addr().unwrap().to_string();
    for (data, address, owner) in [(other.path(), &server.address, server.process()), (server.data(), &taken_at, std::process::id())] {
        let (code, said) = check(data, &[("HOLDFAST_LISTEN", address)]);
        assert_eq!(code, Some(1), "{said}");
        let address = line(&said, &format!("Address {address}"));
        assert!(
            address.contains("already in use by") && address.contains(&format!("process {owner}")) && address.contains("--listen"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn while_the_server_runs_its_unix_socket_counts_as_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("unix:{}", folder.path().join("a.sock").display());
    let server = Server::with(&[("LISTEN", &listen)]).await;
    let (code, said) = check(server.data(), &[("HOLDFAST_LISTEN", &listen)]);
    assert!(code == Some(0) && line(&said, &format!("Address {listen}")).contains("the Holdfast that runs"), "{said}");
    assert!(folder.path().join("a.sock").exists());
}

#[test]
fn an_unusable_listen_address_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let same = format!("127.0.0.1:{port}");
    for (listen, metrics, name, words) in [
        ("203.0.113.1:3000", "127.0.0.1:0", "Address 203.0.113.1:3000", "can't listen on"),
        (same.as_str(), same.as_str(), same.as_str(), "--metrics-listen"),
        ("unix:/nowhere/a.sock", "127.0.0.1:0", "Address unix:/nowhere/a.sock", "--listen"),
    ] {
        let (code, said) = check(folder.path(), &[("HOLDFAST_LISTEN", listen), ("HOLDFAST_METRICS_LISTEN", metrics)]);
        let told = said.lines().any(|line| line.contains(name) && line.contains(words) && !line.contains(": good"));
        assert!(code == Some(1) && told, "{said}");
    }
}

#[test]
fn an_unwritable_full_or_public_data_folder_is_reported() {
    let powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
    let folder = tempfile::tempdir().unwrap();
    let set = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(folder.path().join("lock"), "").unwrap();
    set(0o500);
    let (code, said) = check_by(&powerless, folder.path(), &[]);
    set(0o700);
    let told = line(&said, "Data folder");
    assert!(code == Some(1) && told.contains("can't be written") && told.contains("chown"), "{said}");

    let (code, said) = check(Path::new("/proc/none"), &[]);
    assert!(code == Some(1) && line(&said, "Data folder").contains("--data"), "{said}");

    std::fs::write(folder.path().join("secret"), "x".repeat(40)).unwrap();
    std::fs::set_permissions(folder.path().join("secret"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = check(folder.path(), &[]);
    assert!(code == Some(1) && line(&said, "Secret").contains("chmod 600"), "{said}");
    std::fs::remove_file(folder.path().join("secret")).unwrap();

    let (code, said) = check(folder.path(), &[("HOLDFAST_MIN_FREE_MIB", "1048576")]);
    assert!(code == Some(1) && line(&said, "Free space").contains("Make room"), "{said}");
}

#[tokio::test]
async fn a_store_of_another_version_and_a_file_that_is_no_store_are_reported() {
    let mut server = Server::start().await;
    server.stop().await;
    let store = server.data().join("holdfast.db");
    let change = |sql: &str| {
        let script = format!(
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"{sql}\"); c.commit(); c.execute('pragma wal_checkpoint(truncate)')"
        );
        assert!(Command::new("python3").args(["-c", &script]).arg(&store).status().unwrap().success());
    };
    let columns = "'later', installed_on, success, checksum, execution_time from _sqlx_migrations limit 1";
    change(&format!("insert into _sqlx_migrations select 9999, {columns}"));
    let (code, said) = check(server.data(), &[]);
    assert!(code == Some(1) && line(&said, "Store").contains("newer Holdfast") && line(&said, "Store").contains("9999"), "{said}");
    change("delete from _sqlx_migrations where version > 14");
    let (code, said) = check(server.data(), &[]);
    assert!(code == Some(0) && line(&said, "Store").contains("from step 14"), "{said}");
    std::fs::write(&store, "this is no store".repeat(1_000)).unwrap();
    let (code, said) = check(server.data(), &[]);
    assert!(code == Some(1) && line(&said, "Store").contains("backup"), "{said}");
}

#[test]
fn a_certificate_is_checked_with_its_key_dates_and_names() {
    let (folder, other, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [cert, key, _] = certify(folder.path());
    let [_, other_key, _] = certify(other.path());
    let public = format!("https://{NAME}");
    let with = |cert: &str, key: &str, public: &str| {
        check(data.path(), &[("HOLDFAST_TLS_CERT", cert), ("HOLDFAST_TLS_KEY", key), ("HOLDFAST_PUBLIC_URL", public)])
    };
    // The expiry date is one of two days.
    let (code, said) = with(&cert, &key, &public);
    assert!(
        code == Some(0) && line(&said, "Certificate").contains("warning") && line(&said, "Certificate").contains("expires on"),
        "{said}"
    );
    for (cert, key, words) in [(&cert, &other_key, "tls_key"), (&cert, &"/nowhere.pem".to_owned(), "tls_key"), (&key, &key, "tls_cert")] {
        let (code, said) = with(cert, key, &public);
        assert!(code == Some(1) && line(&said, "Certificate").contains(words), "{said}");
    }
    let long = folder.path().join("long.pem");
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-days",
        "300",
        "-key",
        &key,
        "-subj",
        "/CN=x",
        "-addext",
        &format!("subjectAltName=DNS:{NAME}"),
        "-out",
    ]);
    assert!(openssl.arg(&long).output().unwrap().status.success());
    let long = long.to_str().unwrap();
    let (code, said) = with(long, &key, &public);
    assert!(code == Some(0) && line(&said, "Certificate").contains(": good, "), "{said}");
    let (code, said) = with(long, &key, "https://other.example");
    assert!(
        code == Some(0) && line(&said, "Certificate").contains("warning") && line(&said, "Certificate").contains("other.example"),
        "{said}"
    );
}

#[tokio::test]
async fn a_wrong_clock_is_reported() {
    let mut server = Server::start().await;
    server.stop().await;
    let library = std::fs::read_dir("/usr/lib").unwrap().flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let library = library.into_iter().find(|path| path.exists()).unwrap();
    for (time, code, words) in [
        ("+40d", 0, "days after the newest entry"),
        ("-2d", 0, "the newest entry in the store is of"),
        ("@2001-01-01 00:00:00", 1, "2001-01-01"),
    ] {
        let variables = [("LD_PRELOAD", library.to_str().unwrap()), ("FAKETIME", time)];
        let (ended, said) = check(server.data(), &variables);
        let told = line(&said, "Clock");
        assert!(ended == Some(code) && told.contains(words) && told.contains("timedatectl"), "{said}");
    }
    let (code, said) = check(server.data(), &[]);
    assert!(code == Some(0) && line(&said, "Clock").contains("good"), "{said}");
}

#[tokio::test]
async fn the_check_tests_providers_and_the_default_model() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(|_| json(r#"{"data":[{"id":"tiny"}]}"#)).await;
    let url = format!("{}/v1", upstream.url());
    let run = async |variables: Vec<(&'static str, String)>| {
        let data = folder.path().to_owned();
        let done = tokio::task::spawn_blocking(move || {
            let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
            check(&data, &variables)
        });
        done.await.unwrap()
    };
    let (code, said) = run(vec![("OPENAI_BASE_URL", url.clone()), ("HOLDFAST_DEFAULT_MODEL", "openai/tiny".into())]).await;
    assert!(code == Some(0) && line(&said, "Provider openai").contains("good, it lists 1"), "{said}");
    assert!(line(&said, "Default model openai/tiny").contains("good"), "{said}");
    let (code, said) = run(vec![("OPENAI_BASE_URL", url.clone()), ("HOLDFAST_DEFAULT_MODEL", "openai/huge".into())]).await;
    let told = line(&said, "Default model openai/huge");
    assert!(code == Some(0) && told.contains("warning") && told.contains("does not list it"), "{said}");
    let (code, said) = run(vec![("OPENAI_BASE_URL", url.clone()), ("HOLDFAST_DEFAULT_MODEL", "gemini/huge".into())]).await;
    assert!(code == Some(1) && line(&said, "Default model gemini/huge").contains("GEMINI_API_KEY"), "{said}");
    let (code, said) =
        run(vec![("OPENAI_BASE_URL", "http://127.0.0.1:9/v1".into()), ("HOLDFAST_DEFAULT_MODEL", "openai/tiny".into())]).await;
    assert!(code == Some(1) && line(&said, "Provider openai").contains("127.0.0.1:9"), "{said}");
    assert!(line(&said, "Default model openai/tiny").contains("warning"), "{said}");
}

#[tokio::test]
async fn the_check_tests_providers_added_on_the_page_with_their_keys() {
    let upstream = Upstream::start(|request| {
        if request.headers.contains("authorization: bearer the-key") {
            json(r#"{"data":[{"id":"tiny"}]}"#)
        } else {
            reply("401 Unauthorized", "content-type: application/json\r\n", r#"{"error":{"message":"who are you?"}}"#)
        }
    })
    .await;
    let mut server = Server::capped(&[]).await;
    let admin = server.admin("Ada").await;
    for (name, url) in [("corp", format!("{}/v1", upstream.url())), ("gone", "http://127.0.0.1:9/v1".into())] {
        let new = value!({"name": name, "kind": "openai", "url": url, "key": "the-key"});
        assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    }
    let data = server.data().to_owned();
    let run = async |secret: Option<&'static str>| {
        let data = data.clone();
        let variables: Vec<_> =
            [("HOLDFAST_DEFAULT_MODEL", "corp/tiny")].into_iter().chain(secret.map(|it| ("HOLDFAST_SECRET", it))).collect();
        tokio::task::spawn_blocking(move || check(&data, &variables)).await.unwrap()
    };
    // With and without a running server.
    for is_running in [true, false] {
        if !is_running {
            server.stop().await;
        }
        let (code, said) = run(None).await;
        assert!(line(&said, "Provider corp").contains("good, it lists 1"), "{said}");
        assert!(code == Some(1) && line(&said, "Provider gone").contains("127.0.0.1:9"), "{said}");
        assert!(line(&said, "Default model corp/tiny").contains("good"), "{said}");
    }
    let (_, said) = run(Some("another secret that is long enough to be one")).await;
    assert!(line(&said, "Provider corp").contains("can't be read any more"), "{said}");
    assert!(line(&said, "Default model corp/tiny").contains("warning"), "{said}");
}

#[test]
fn a_low_limit_of_open_files_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = check_by(&["prlimit", "--nofile=512:512"], folder.path(), &[]);
    let told = line(&said, "Open files");
    assert!(code == Some(0) && told.contains("warning") && told.contains("512") && told.contains("LimitNOFILE="), "{said}");
}
