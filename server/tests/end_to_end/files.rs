//! Files: uploads in pieces and whole, what happens when they are cut, equal contents, limits, removal (rows 39, 40 and 48 of the
//! failure cases).

use std::{path::Path, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_protocol::{
    Code, FileId, Reason, ServerFrame,
    files::{FileInfo, FilePage, FileState},
    storage::StorageInfo,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Server, Socket, User, server::Reply};

/// Bytes that no program compresses or guesses.
pub fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut block = [seed; 32];
    let mut bytes = Vec::with_capacity(length + 32);
    while bytes.len() < length {
        block = Sha256::digest(block).into();
        bytes.extend(block);
    }
    bytes.truncate(length);
    bytes
}

/// Sends a file as a form.
pub async fn send_form(server: &Server, user: &User, name: &str, media_type: &str, bytes: &[u8]) -> Reply {
    let head = format!("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat();
    let request = server.http.post(server.url("/api/files")).bearer_auth(user.token());
    reply(request.header("content-type", "multipart/form-data; boundary=cut").body(body)).await
}

pub async fn upload(server: &Server, user: &User, name: &str, bytes: &[u8]) -> FileInfo {
    let sent = send_form(server, user, name, "application/pdf", bytes).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    sent.json()
}

async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    Reply { status: response.status().as_u16(), headers: response.headers().clone(), text: response.text().await.unwrap() }
}

async fn begin(server: &Server, user: &User, name: &str, bytes: usize) -> Reply {
    let about = format!("filename {},filetype {}", STANDARD.encode(name), STANDARD.encode("application/pdf"));
    let request = server.http.post(server.url("/api/files")).bearer_auth(user.token()).header("tus-resumable", "1.0.0");
    reply(request.header("upload-length", bytes).header("upload-metadata", about)).await
}

async fn begun(server: &Server, user: &User, name: &str, bytes: usize) -> String {
    let begun = begin(server, user, name, bytes).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    begun.headers["location"].to_str().unwrap().to_owned()
}

/// How many bytes the server has.
async fn offset(server: &Server, user: &User, path: &str) -> usize {
    let request = server.http.head(server.url(path)).bearer_auth(user.token()).header("tus-resumable", "1.0.0");
    let reply = reply(request).await;
    assert_eq!((reply.status, reply.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    reply.headers["upload-offset"].to_str().unwrap().parse().unwrap()
}

async fn append(server: &Server, user: &User, path: &str, at: usize, bytes: &[u8], checksum: Option<&str>) -> Reply {
    let request = server.http.patch(server.url(path)).bearer_auth(user.token()).header("tus-resumable", "1.0.0");
    let mut request = request.header("upload-offset", at).header("content-type", "application/offset+octet-stream");
    if let Some(checksum) = checksum {
        request = request.header("upload-checksum", checksum);
    }
    reply(request.body(bytes.to_vec())).await
}

/// Begins to append, and cuts the connection after some bytes.
async fn append_and_cut(server: &Server, user: &User, path: &str, at: usize, bytes: &[u8], after: usize) {
    let mut peer = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
        server.address,
        user.token(),
        bytes.len()
    );
    peer.write_all(head.as_bytes()).await.unwrap();
    let _ = peer.write_all(&bytes[..after]).await;
}

async fn list(server: &Server, user: &User) -> FilePage {
    server.as_user(user, "GET", "/api/files", None).await.json()
}

async fn content(server: &Server, user: &User, id: FileId, range: Option<&str>) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let mut request = server.http.get(server.url(&format!("/api/files/{id}/content"))).bearer_auth(user.token());
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.headers().clone(), response.bytes().await.unwrap().to_vec())
}

/// Kills the server. The client gets a turn, to notice that its connections have ended.
async fn crash(server: &mut Server) {
    server.kill();
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The contents of all files in a folder.
fn on_disk(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(owners) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = owners.flat_map(|owner| std::fs::read_dir(owner.unwrap().path()).unwrap());
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn a_form_with_a_file_is_stored_sealed_and_returned() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let bytes = [b"a very secret beginning".as_slice(), &noise(200_000, 1)].concat();
    let file = upload(&server, &user, "Lecture \u{e4}.pdf", &bytes).await;
    assert_eq!((file.name.as_str(), file.bytes), ("Lecture ä.pdf", bytes.len() as u64));
    assert_ne!(file.state, FileState::Uploading);
    let (status, headers, all) = content(&server, &user, file.id, None).await;
    assert_eq!((status, &all), (200, &bytes));
    let disposition = headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; ") && disposition.ends_with("filename*=UTF-8''Lecture%20%C3%A4.pdf"), "{disposition}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let (status, headers, part) = content(&server, &user, file.id, Some("bytes=65530-131080")).await;
    assert_eq!((status, part.as_slice()), (206, &bytes[65_530..=131_080]));
    assert_eq!(headers["content-range"].to_str().unwrap(), format!("bytes 65530-131080/{}", bytes.len()));
    assert_eq!(content(&server, &user, file.id, Some("bytes=999999-")).await.0, 416);
    let disk = on_disk(&server.data().join("files"));
    assert_eq!(disk.len(), 1);
    assert!(!disk[0].windows(13).any(|window| window == b"a very secret"));

    let path = format!("/api/files/{}", file.id);
    let renamed: FileInfo = server.as_user(&user, "PATCH", &path, Some(json!({"name": "Lecture 7.pdf"}))).await.json();
    assert_eq!(renamed.name, "Lecture 7.pdf");
    let refused = server.as_user(&user, "PATCH", &path, Some(json!({"name": " "}))).await;
    assert!(refused.api_error().is(Reason::FileNameEmpty));
    // It is being read meanwhile, so its state may have changed.
    let listed = list(&server, &user).await.files;
    assert!(matches!(&listed[..], [file] if file.id == renamed.id && file.name == renamed.name), "{listed:?}");
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    assert_eq!(server.as_user(&user, "GET", &path, None).await.status, 404);
    assert!(on_disk(&server.data().join("files")).is_empty());
    assert!(list(&server, &user).await.files.is_empty());
}

#[tokio::test]
async fn a_form_without_a_whole_file_leaves_nothing() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let form = |body: &'static str| {
        let request = server.http.post(server.url("/api/files")).bearer_auth(user.token());
        reply(request.header("content-type", "multipart/form-data; boundary=cut").body(body))
    };
    let refused = form("--cut\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--cut--\r\n").await;
    assert!(refused.api_error().is(Reason::UploadPartMissing), "{}", refused.text);
    let refused = form("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhel").await;
    assert!(refused.api_error().is(Reason::BodyIncomplete), "{}", refused.text);
    assert!(list(&server, &user).await.files.is_empty());
    assert!(on_disk(&server.data().join("files")).is_empty());
}

#[tokio::test]
async fn an_upload_that_is_cut_at_200_places_across_restarts_is_one_file_with_the_same_bytes() {
    let mut server = Server::start().await;
    // So that no connection of the server before is used.
    server.http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let user = server.member("Ada").await;
    let bytes = noise(3_000_000, 2);
    let path = begun(&server, &user, "Lecture.pdf", bytes.len()).await;
    let (mut at, mut cuts) = (0, 0);
    while at < bytes.len() {
        cuts += 1;
        // Some cuts come before the head has arrived, most within a piece.
        let after = (usize::from(noise(2, cuts as u8)[0]) * 97 + cuts * 131) % 30_000;
        append_and_cut(&server, &user, &path, at, &bytes[at..], after.min(bytes.len() - at)).await;
        if cuts % 50 == 0 {
            if cuts % 100 == 0 {
                server.kill()
            } else {
                server.stop().await;
            }
            server.start_again();
        }
        let now = offset(&server, &user, &path).await;
        assert!(now >= at || cuts % 50 == 0, "{now} of {at} bytes after cut {cuts}");
        at = now;
    }
    assert!(cuts >= 150, "{cuts} cuts");
    let files = list(&server, &user).await.files;
    assert_eq!(files.len(), 1);
    assert_ne!(files[0].state, FileState::Uploading);
    assert_eq!(content(&server, &user, files[0].id, None).await.2, bytes);
    assert_eq!(on_disk(&server.data().join("files")).len(), 1);
}

#[tokio::test]
async fn the_same_content_is_stored_once_under_two_names() {
    let server = Server::start().await;
    let (user, other) = (server.member("Ada").await, server.member("Bob").await);
    let bytes = noise(300_000, 3);
    let used = async || server.as_user(&user, "GET", "/api/storage", None).await.json::<StorageInfo>().used_bytes;
    let one = upload(&server, &user, "Lecture.pdf", &bytes).await;
    let before = used().await;
    let path = begun(&server, &user, "Copy.pdf", bytes.len()).await;
    assert!(used().await > before + 250_000, "an upload reserves its length");
    assert_eq!(append(&server, &user, &path, 0, &bytes, None).await.status, 204);
    assert!(used().await < before + 10_000);
    assert_eq!(on_disk(&server.data().join("files")).len(), 1);
    // Another user's copy is their own.
    upload(&server, &other, "Mine.pdf", &bytes).await;
    assert_eq!(on_disk(&server.data().join("files")).len(), 2);
    let files = list(&server, &user).await.files;
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["Copy.pdf", "Lecture.pdf"]);
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/files/{}", one.id), None).await.status, 204);
    assert_eq!(content(&server, &user, files[0].id, None).await.2, bytes);
    assert_eq!(server.as_user(&user, "DELETE", &path, None).await.status, 204);
    assert_eq!(on_disk(&server.data().join("files")).len(), 1);
}

#[tokio::test]
async fn pieces_follow_the_protocol() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let user = server.member("Ada").await;
    let told = reply(server.http.request(reqwest::Method::OPTIONS, server.url("/api/files"))).await;
    assert_eq!((told.status, told.headers["tus-version"].to_str().unwrap()), (204, "1.0.0"));
    assert_eq!(told.headers["tus-extension"], "creation,checksum,expiration,termination");
    assert_eq!(told.headers["tus-max-size"], "209715200");
    let old = server.http.post(server.url("/api/files")).bearer_auth(user.token()).header("tus-resumable", "0.2.2");
    let old = reply(old.header("upload-length", 3)).await;
    assert_eq!((old.status, old.headers["tus-version"].to_str().unwrap()), (412, "1.0.0"));

    let path = begun(&server, &user, "a.txt", 6).await;
    let early = append(&server, &user, &path, 3, b"def", None).await;
    assert_eq!((early.status, early.api_error().is(Reason::UploadOffsetWrong)), (409, true));
    let wrong = format!("sha256 {}", STANDARD.encode(Sha256::digest(b"abd")));
    let changed = append(&server, &user, &path, 0, b"abc", Some(&wrong)).await;
    assert_eq!((changed.status, changed.api_error().is(Reason::UploadChecksumWrong)), (460, true));
    assert_eq!(append(&server, &user, &path, 0, b"abc", Some("md5 abc")).await.status, 400);
    assert_eq!(offset(&server, &user, &path).await, 0, "what was changed on the way is dropped");
    let right = format!("sha256 {}", STANDARD.encode(Sha256::digest(b"abc")));
    let appended = append(&server, &user, &path, 0, b"abc", Some(&right)).await;
    assert_eq!((appended.status, appended.headers["upload-offset"].to_str().unwrap()), (204, "3"));
    assert!(appended.headers["upload-expires"].to_str().unwrap().ends_with(" GMT"));
    let long = append(&server, &user, &path, 3, b"defg", None).await;
    assert!(long.status == 413 && long.api_error().is(Reason::UploadTooLong), "{}", long.text);
    let incomplete = server.as_user(&user, "GET", &format!("{path}/content"), None).await;
    assert_eq!((incomplete.status, incomplete.api_error().is(Reason::FileNotComplete)), (409, true));
    let sha1 = "sha1 WJyplpmWBqgqRsfFlQ6nUMbdxdg="; // of another text
    assert_eq!(append(&server, &user, &path, 3, b"def", Some(sha1)).await.status, 460);
    assert_eq!(append(&server, &user, &path, 3, b"def", None).await.status, 204);
    assert_eq!(offset(&server, &user, &path).await, 6);
    assert_eq!(append(&server, &user, &path, 6, b"", None).await.status, 409, "there is nothing to append to");
    // A file without bytes is complete as soon as it begins.
    let empty: FileInfo = begin(&server, &user, "empty.txt", 0).await.json();
    assert_ne!(empty.state, FileState::Uploading);
    assert_eq!(content(&server, &user, empty.id, None).await.0, 200);
    // An upload that is given up.
    let given_up = begun(&server, &user, "b.txt", 6).await;
    append(&server, &user, &given_up, 0, b"abc", None).await;
    assert_eq!(server.as_user(&user, "DELETE", &given_up, None).await.status, 204);
    assert_eq!(list(&server, &user).await.files.len(), 2);
    assert_eq!(on_disk(&server.data().join("files")).len(), 2);
}

#[tokio::test]
async fn a_second_request_takes_an_upload_over_from_one_that_hangs() {
    let server = Server::start().await;
    let user = server.member("Ada").await;
    let bytes = noise(200_000, 4);
    let path = begun(&server, &user, "a.pdf", bytes.len()).await;
    let mut hanging = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
        server.address,
        user.token(),
        bytes.len()
    );
    hanging.write_all(&[head.as_bytes(), &bytes[..100_000]].concat()).await.unwrap();
    // Until something of it is there.
    while on_disk(&server.data().join("files")).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let at = offset(&server, &user, &path).await;
    assert!(at <= 100_000);
    let mut told = [0; 12];
    hanging.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 400");
    assert_eq!(append(&server, &user, &path, at, &bytes[at..], None).await.status, 204);
    let file: FileInfo = server.as_user(&user, "GET", &path, None).await.json();
    assert_eq!(content(&server, &user, file.id, None).await.2, bytes);
}

/// See `tus_client.py`.
async fn tus_client(server: &Server, user: &User, file: &Path, arguments: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/tus_client.py");
    let packages = std::env::var("TUSPY_PACKAGES").expect("tools/setup test fetches a tus client, and tools/env names its folder");
    let out = tokio::process::Command::new("python3")
        .env("PYTHONPATH", packages)
        .args([script, &server.url("/api/files"), user.token(), file.to_str().unwrap()])
        .args(arguments)
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    let (text, error) = (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned());
    assert!(out.status.success(), "{text}\n{error}");
    text.trim().to_owned()
}

#[tokio::test]
async fn a_tus_client_uploads_and_resumes_after_a_crash() {
    let mut server = Server::start().await;
    let user = server.member("Ada").await;
    let (folder, bytes) = (tempfile::tempdir().unwrap(), noise(1_000_000, 5));
    let path = folder.path().join("Vorlesung ü.pdf");
    std::fs::write(&path, &bytes).unwrap();
    // Four pieces of 123 457 bytes, and no more.
    let url = tus_client(&server, &user, &path, &["--pieces", "4"]).await;
    crash(&mut server).await;
    server.start_again();
    let files = list(&server, &user).await.files;
    assert_eq!((files[0].state, files[0].name.as_str(), files[0].bytes), (FileState::Uploading, "Vorlesung ü.pdf", 1_000_000));
    tus_client(&server, &user, &path, &["--resume", &url]).await;
    let files = list(&server, &user).await.files;
    assert_eq!((files.len(), files[0].state == FileState::Uploading), (1, false));
    assert_eq!(content(&server, &user, files[0].id, None).await.2, bytes);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_its_bytes_arrive() {
    let server = Server::with(&[("LIMITS", "on"), ("FILE_MIB", "1"), ("LIMIT_FILES", "3"), ("GUEST_STORAGE_MIB", "2")]).await;
    let (user, guest) = (server.member("Ada").await, server.guest().await);
    let large = begin(&server, &user, "large.pdf", 1_048_577).await;
    assert!(large.status == 413 && large.api_error().is(Reason::UploadTooLarge), "{}", large.text);
    let large = send_form(&server, &user, "large.pdf", "application/pdf", &noise(1_048_577, 6)).await;
    assert!(large.status == 413, "{} {}", large.status, large.text);
    assert!(list(&server, &user).await.files.is_empty());
    for n in 0..3 {
        begun(&server, &user, &format!("{n}.pdf"), 10).await;
    }
    let many = begin(&server, &user, "4.pdf", 10).await;
    assert!(many.api_error().is(Reason::TooManyFiles) && many.api_error().code == Code::QuotaExceeded);
    // What an unfinished upload will take is counted, so that several together can't exceed the quota.
    begun(&server, &guest, "1.pdf", 1_000_000).await;
    begun(&server, &guest, "2.pdf", 1_000_000).await;
    let full = begin(&server, &guest, "3.pdf", 200_000).await;
    assert!(full.status == 413 && full.api_error().is(Reason::GuestStorageFull), "{}", full.text);
    assert!(list(&server, &guest).await.most_bytes == 1_048_576);
}

#[tokio::test]
async fn every_tab_hears_of_files_and_other_users_do_not() {
    let server = Server::start().await;
    let (user, other) = (server.member("Ada").await, server.member("Bob").await);
    let (mut tab, mut foreign) = (Socket::ready(&server, "/ws", &user).await, Socket::ready(&server, "/ws", &other).await);
    let path = begun(&server, &user, "a.txt", 3).await;
    let is_file = |frame: &ServerFrame| matches!(frame, ServerFrame::File(_));
    let ServerFrame::File(change) = tab.until(is_file).await else { unreachable!() };
    assert_eq!(change.state, Some(FileState::Uploading));
    append(&server, &user, &path, 0, b"abc", None).await;
    let ServerFrame::File(change) = tab.until(is_file).await else { unreachable!() };
    assert!(matches!(change.state, Some(FileState::Queued | FileState::Reading | FileState::Ready)), "{change:?}");
    server.as_user(&user, "DELETE", &path, None).await;
    tab.until(|frame| matches!(frame, ServerFrame::File(change) if change.state.is_none())).await;
    upload(&server, &other, "b.txt", b"b").await;
    let ServerFrame::File(change) = foreign.until(is_file).await else { unreachable!() };
    assert_eq!(list(&server, &other).await.files[0].id, change.file_id);
}
