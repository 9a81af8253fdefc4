//! The proxies' configurations in docs/running.md, run by the real programs.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// The name that the manual's configurations are for.
pub const NAME: &str = "chat.example.com";

/// A program in front of the server, with the manual's own lines.
pub struct Front {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Nginx,
    Apache,
    Haproxy,
    Caddy,
}

impl Kind {
    fn section(self) -> (&'static str, &'static str) {
        match self {
            Kind::Nginx => ("Behind nginx", "nginx"),
            Kind::Apache => ("Behind Apache", "apache"),
            Kind::Haproxy => ("Behind HAProxy", "haproxy"),
            Kind::Caddy => ("Behind Caddy", "caddyfile"),
        }
    }

    fn program(self) -> PathBuf {
        let name = match self {
            Kind::Nginx => "nginx",
            Kind::Apache => "apache2",
            Kind::Haproxy => "haproxy",
            Kind::Caddy => "caddy",
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let found = folders.map(|folder| folder.join(name)).find(|path| path.exists());
        found.unwrap_or_else(|| panic!("{name} is missing: run tools/setup test"))
    }
}

/// The first block of a language under a heading of the manual.
fn block(heading: &str, language: &str) -> String {
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/running.md")).unwrap();
    let (_, section) = manual.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let (_, block) = section.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no {language} in {heading}"));
    block.split("```").next().unwrap().to_owned()
}

/// Puts something else in each place of `text`, which must have it. Nothing is done where that is empty.
fn put(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().filter(|(_, to)| !to.is_empty()).fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the manual has no {from:?}: {text}");
        text.replace(from, to)
    })
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Certificate, key, and both in one file.
pub fn certify(folder: &Path) -> [String; 3] {
    let [cert, key, both] = ["cert.pem", "key.pem", "both.pem"].map(|name| folder.join(name));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    openssl.args(["-subj", &format!("/CN={NAME}"), "-addext", &format!("subjectAltName=DNS:{NAME}")]);
    let done = openssl.arg("-keyout").arg(&key).arg("-out").arg(&cert).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::write(&both, std::fs::read_to_string(&cert).unwrap() + &std::fs::read_to_string(&key).unwrap()).unwrap();
    [cert, key, both].map(|path| path.to_str().unwrap().to_owned())
}

impl Front {
    /// Starts it in front of a server that listens on the Unix socket at `path`, with the manual's line for that.
    pub async fn start_before_socket(kind: Kind, path: &str, port: u16) -> Self {
        let (_, language) = kind.section();
        let line = block("A Unix socket instead of a port", language).replace("/run/holdfast/holdfast.sock", path);
        let change = |lines: String| {
            let place = match kind {
                Kind::Nginx => "proxy_pass http://",
                Kind::Apache => "ProxyPass /",
                Kind::Haproxy => "server holdfast ",
                Kind::Caddy => "reverse_proxy ",
            };
            let changed = lines.split_inclusive('\n').filter(|line| !line.contains("ProxyPassReverse"));
            changed.map(|old| if old.contains(place) { line.as_str() } else { old }).collect::<String>()
        };
        Self::start(kind, "", port, change).await
    }

    /// Starts it in front of `server`, on `port`, with the manual's lines changed as `change` says.
    pub async fn start(kind: Kind, server: &str, port: u16, change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let [cert, key, both] = certify(folder.path());
        let (heading, language) = kind.section();
        let lines = change(block(heading, language));
        let tls = [("/etc/ssl/chat.example.com.pem", cert.as_str()), ("/etc/ssl/chat.example.com.key", key.as_str())];
        let upstream = ("127.0.0.1:3000", server);
        let config = at("config");
        let mut command = Command::new(kind.program());
        let text = match kind {
            Kind::Nginx => {
                command.args(["-p", &at(""), "-e", &at("error.log"), "-c", &config]);
                let lines = put(&lines, &[tls[0], tls[1], upstream, ("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"))]);
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {};", at(name)));
                let around = "daemon off; master_process off; events {} ";
                format!("{around}pid {}; http {{ access_log off; {} {lines} }}", at("pid"), temporary.join(" "))
            }
            Kind::Apache => {
                command.args(["-X", "-f", &config]);
                let lines = put(&lines, &[tls[0], tls[1], upstream, ("<VirtualHost *:443>", &format!("<VirtualHost *:{port}>"))]);
                let modules = ["mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http", "proxy_wstunnel"];
                let modules = modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")).concat();
                let files = format!("PidFile {}\nErrorLog {}\nDefaultRuntimeDir {}\n", at("pid"), at("error.log"), at(""));
                format!(
                    "ServerName {NAME}\nServerRoot /etc/apache2\n{files}{modules}User www-data\nGroup www-data\nListen 127.0.0.1:{port}\n{lines}"
                )
            }
            Kind::Haproxy => {
                command.args(["-db", "-f", &config]);
                let bind = format!("bind 127.0.0.1:{port} ");
                put(&lines, &[("/etc/haproxy/chat.example.com.pem", &both), upstream, ("bind :443 ", &bind)])
            }
            Kind::Caddy => {
                command
                    .args(["run", "--adapter", "caddyfile", "--config", &config])
                    .env("XDG_DATA_HOME", at(""))
                    .env("XDG_CONFIG_HOME", at(""));
                // Here the certificate is one of ours: for the manual's own name Caddy would ask for one.
                let site = format!("{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {cert} {key}");
                let lines = put(&lines, &[upstream, ("chat.example.com {", &site)]);
                format!("{{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n}}\n{lines}")
            }
        };
        std::fs::write(&config, text).unwrap();
        let output = std::fs::File::create(at("output")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
        let mut front = Self { child, port, folder };
        for _ in 0..1_000 {
            if TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
                return front;
            }
            assert!(front.child.try_wait().unwrap().is_none(), "{kind:?} ended: {}", front.output());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{kind:?} does not listen: {}", front.output());
    }

    /// What it wrote.
    pub fn output(&self) -> String {
        ["output", "error.log"].map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()).concat()
    }
}
