//! Signing in through unmodified providers of others, on their own pages: npm's oidc-provider and PyPI's oidc-provider-mock.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    time::Duration,
};

use holdfast_protocol::api::{Grant, Role};
use reqwest::{Url, header};
use serde_json::json;

use crate::support::{Server, User, idp::SECRET, server::Reply};

/// A provider's process. Dropping it ends the process.
struct Process {
    child: Child,
    issuer: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the first address that a process prints. Its further output is read and dropped.
fn told_address(out: impl Read + Send + 'static) -> String {
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let mut said = String::new();
    let address = lines.by_ref().find_map(|line| {
        said.push_str(&format!("{line}\n"));
        let from = line.find("http://127.0.0.1:")?;
        Some(line[from..].split(|c: char| c.is_whitespace() || c == '"').next()?.to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    address.unwrap_or_else(|| panic!("the provider did not start (has tools/setup test run?): {said}"))
}

fn npm_provider(server: &Server) -> Process {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/oidc/real_provider.mjs");
    let callback = server.url("/auth/oidc/main/callback");
    let mut child = Command::new("node").args([script, &callback]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let issuer = told_address(child.stdout.take().unwrap());
    Process { child, issuer }
}

fn pypi_provider() -> Process {
    let claims = json!({"sub": "Ada", "preferred_username": "Ada", "groups": ["chat-admin"]}).to_string();
    let arguments = ["-m", "oidc_provider_mock", "--port", "0", "--user-claims", &claims];
    let mut child = Command::new("python3").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let issuer = told_address(child.stderr.take().unwrap());
    Process { child, issuer }
}

/// Starts a server and the provider on fixed ports, because each must know the other's address.
async fn introduced(start: impl FnOnce(&Server) -> Process) -> (Server, Process) {
    let mut server = Server::start().await;
    let provider = start(&server);
    for (name, value) in [
        ("OIDC_ISSUER", provider.issuer.as_str()),
        ("OIDC_CLIENT_ID", "holdfast"),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("OIDC_NAME", "main"),
        ("OIDC_ADMIN_CLAIM", "groups"),
        ("OIDC_ADMIN_VALUE", "chat-admin"),
    ] {
        server.set(name, value);
    }
    server.stop().await;
    server.start_again();
    (server, provider)
}

/// A browser as far as a sign-in needs one: it stores cookies by path, follows redirects and fills in forms.
#[derive(Default)]
struct Person {
    cookies: Vec<(String, String, String)>,
    at: Option<Url>,
    page: String,
}

impl Person {
    async fn open(&mut self, server: &Server, address: &str) {
        self.load(server, Url::parse(address).unwrap(), None).await;
    }

    async fn load(&mut self, server: &Server, mut url: Url, mut form: Option<String>) {
        for _ in 0..20 {
            let mut request = match form.take() {
                Some(form) => server.http.post(url.clone()).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form),
                None => server.http.get(url.clone()),
            };
            let fits = |path: &str| url.path() == path || url.path().starts_with(&format!("{}/", path.trim_end_matches('/')));
            let sent: Vec<String> =
                self.cookies.iter().filter(|(_, _, path)| fits(path)).map(|(name, value, _)| format!("{name}={value}")).collect();
            if !sent.is_empty() {
                request = request.header(header::COOKIE, sent.join("; "));
            }
            let response = request.send().await.unwrap();
            for set in response.headers().get_all(header::SET_COOKIE) {
                self.keep(set.to_str().unwrap());
            }
            let status = response.status();
            let next = response.headers().get(header::LOCATION).map(|to| url.join(to.to_str().unwrap()).unwrap());
            self.page = response.text().await.unwrap();
            let Some(next) = next.filter(|_| status.is_redirection()) else {
                assert!(status.is_success(), "{status} {url}: {}", self.page);
                self.at = Some(url);
                return;
            };
            url = next;
        }
        panic!("led in circles, at last to {url}");
    }

    fn keep(&mut self, set: &str) {
        let mut parts = set.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let rest: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let told = |wanted: &str| rest.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value);
        let path = told("path").unwrap_or("/").to_owned();
        self.cookies.retain(|(known, _, at)| (known.as_str(), at) != (name, &path));
        if !value.is_empty() && told("max-age") != Some("0") {
            self.cookies.push((name.to_owned(), value.to_owned(), path));
        }
    }

    /// Fills in the first form of the page, in addition to its existing values, and submits it.
    async fn submit(&mut self, server: &Server, fields: &[(&str, &str)]) {
        let form = self.page.split("<form").nth(1).unwrap_or_else(|| panic!("no form in {}", self.page)).split("</form>").next().unwrap();
        let at = self.at.clone().unwrap();
        let head = form.split('>').next().unwrap();
        let to = attribute(head, "action").map_or_else(|| at.clone(), |action| at.join(action).unwrap());
        let mut body = Url::parse("http://x/").unwrap();
        for input in form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            if let (Some(name), Some(value)) = (attribute(input, "name"), attribute(input, "value")) {
                body.query_pairs_mut().append_pair(name, value);
            }
        }
        body.query_pairs_mut().extend_pairs(fields);
        self.load(server, to, Some(body.query().unwrap().to_owned())).await;
    }

    fn is_at(&self, server: &Server, path: &str) -> bool {
        self.at.as_ref().is_some_and(|at| at.as_str() == server.url(path))
    }

    async fn user(&self, server: &Server) -> User {
        let (name, value, _) = self.cookies.iter().find(|(name, ..)| name == "holdfast_session").unwrap();
        let cookie = format!("{name}={value}");
        let reply = server.call("POST", "/api/auth/refresh", &[("cookie", &cookie)], None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        User { grant: reply.json::<Grant>(), cookie }
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

async fn rename(server: &Server, user: &User, name: &str) -> Reply {
    server.as_user(user, "PATCH", "/api/auth/me", Some(json!({"username": name, "current_password": ""}))).await
}

#[tokio::test]
async fn sign_in_through_npm_s_oidc_provider() {
    let (server, _provider) = introduced(npm_provider).await;
    let mut ada = Person::default();
    ada.open(&server, &server.url("/auth/oidc/main")).await;
    ada.submit(&server, &[("login", "Ada"), ("password", "any")]).await;
    ada.submit(&server, &[]).await; // consents
    assert!(ada.is_at(&server, "/"), "{:?}: {}", ada.at, ada.page);
    let user = ada.user(&server).await;
    assert_eq!((user.grant.user.username.as_str(), user.grant.user.role), ("Ada", Role::Admin), "both come from userinfo");
    // It knows the browser, and asks nothing.
    ada.open(&server, &server.url("/auth/oidc/main")).await;
    assert!(ada.is_at(&server, "/"), "{:?}", ada.at);
    assert_eq!(rename(&server, &ada.user(&server).await, "Countess").await.status, 403);
    // Asked for a fresh sign-in, it asks for the password again, and says when.
    tokio::time::sleep(Duration::from_millis(1_100)).await; // it counts in seconds, and compares with `max_age`
    ada.open(&server, &server.url("/auth/oidc/main?again=1&back=/settings/account")).await;
    assert!(ada.page.contains("name=\"login\""), "{:?}: {}", ada.at, ada.page);
    ada.submit(&server, &[("login", "Ada"), ("password", "any")]).await;
    if !ada.is_at(&server, "/settings/account") {
        ada.submit(&server, &[]).await;
    }
    assert!(ada.is_at(&server, "/settings/account"), "{:?}: {}", ada.at, ada.page);
    assert_eq!(rename(&server, &ada.user(&server).await, "Countess").await.status, 200);
    // Another person in another browser is no administrator, for the provider says that they are in no group.
    let mut bob = Person::default();
    bob.open(&server, &server.url("/auth/oidc/main")).await;
    bob.submit(&server, &[("login", "Bob"), ("password", "any")]).await;
    bob.submit(&server, &[]).await;
    assert_eq!(bob.user(&server).await.grant.user.role, Role::Member);
}

#[tokio::test]
async fn sign_in_through_pypi_s_oidc_provider_mock() {
    let (server, _provider) = introduced(|_| pypi_provider()).await;
    let mut ada = Person::default();
    ada.open(&server, &server.url("/auth/oidc/main")).await;
    ada.submit(&server, &[("sub", "Ada")]).await;
    assert!(ada.is_at(&server, "/"), "{:?}: {}", ada.at, ada.page);
    let user = ada.user(&server).await;
    assert_eq!((user.grant.user.username.as_str(), user.grant.user.role), ("Ada", Role::Admin));
    // It asks at each sign-in, and says when.
    ada.open(&server, &server.url("/auth/oidc/main?again=1&back=/settings/account")).await;
    ada.submit(&server, &[("sub", "Ada")]).await;
    assert!(ada.is_at(&server, "/settings/account"), "{:?}: {}", ada.at, ada.page);
    assert_eq!(rename(&server, &ada.user(&server).await, "Countess").await.status, 200);
    // Somebody it knows nothing more of comes in too.
    let mut eve = Person::default();
    eve.open(&server, &server.url("/auth/oidc/main")).await;
    eve.submit(&server, &[("sub", "eve@example.com")]).await;
    assert_eq!(eve.user(&server).await.grant.user.username, "User");
}
