//! RFC 6455 in detail: the cases of Autobahn's fuzzing client, chapters 1 to 7, as bytes over a connection. The numbers are Autobahn's.
//! It expects an echo, but here frames are answered by the rules of the protocol. So the test checks that valid data leaves the socket
//! working, and that invalid data ends it with a close frame that has the right code.

use std::{fmt::Write as _, time::Duration};

use futures::{StreamExt as _, stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Server, User};

const PATIENCE: Duration = Duration::from_secs(20);
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Returns a masked frame of a client.
fn frame(fin: bool, reserved: u8, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(fin) << 7 | reserved << 4 | opcode];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        middle @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((middle as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn whole(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(true, 0, opcode, payload.as_ref())
}

fn close(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    whole(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
}

/// Returns a message in fragments.
fn fragments(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let last = pieces.len() - 1;
    pieces.iter().enumerate().map(|(n, piece)| frame(n == last, 0, if n == 0 { TEXT } else { CONTINUATION }, piece)).collect()
}

/// Returns a message with a fragment for each byte.
fn bytewise(text: &[u8]) -> Vec<Vec<u8>> {
    fragments(&text.chunks(1).collect::<Vec<_>>())
}

/// The expected result of a case.
#[derive(Clone, Debug)]
enum Expected {
    /// The socket works after this many answers to messages and these pongs.
    GoesOn(usize, Vec<Vec<u8>>),
    /// The socket closes with one of these codes. 1005 stands for a close frame without a code (RFC 6455 §7.1.5).
    Ends(&'static [u16]),
}
use Expected::{Ends, GoesOn};

struct Case {
    number: String,
    frames: Vec<Vec<u8>>,
    /// Number of bytes in each write; `None` writes each frame at once.
    cut: Option<usize>,
    expected: Expected,
}

const VIOLATION: Expected = Ends(&[1002]);
const NO_TEXT: Expected = Ends(&[1007]);
const CLOSED: Expected = Ends(&[1000]);

/// An invalid byte after valid ones, and its parts.
const BROKEN: [&[u8]; 3] = [b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", b"\xf4\x90\x80\x80", b"edited"];
const HELLO: &str = "Hello-\u{b5}@\u{df}\u{f6}\u{e4}\u{fc}\u{e0}\u{e1}-UTF-8!!";

#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, number: &str, frames: Vec<Vec<u8>>, expected: Expected) {
        self.cut(number, frames, None, expected);
    }

    fn cut(&mut self, number: &str, frames: Vec<Vec<u8>>, cut: Option<usize>, expected: Expected) {
        self.0.push(Case { number: number.to_owned(), frames, cut, expected });
    }

    /// Adds cases for texts, each as one message.
    fn texts(&mut self, chapter: &str, expected: Expected, texts: &[&[u8]]) {
        for (n, text) in texts.iter().enumerate() {
            self.add(&format!("{chapter}.{}", n + 1), vec![whole(TEXT, text)], expected.clone());
        }
    }

    fn framing(&mut self) {
        for (chapter, opcode, byte) in [(1, TEXT, b'*'), (2, BINARY, 0xfe)] {
            for (n, length) in [0, 125, 126, 127, 128, 65_535, 65_536].into_iter().enumerate() {
                self.add(&format!("1.{chapter}.{}", n + 1), vec![whole(opcode, vec![byte; length])], GoesOn(1, Vec::new()));
            }
            self.cut(&format!("1.{chapter}.8"), vec![whole(opcode, vec![byte; 65_536])], Some(997), GoesOn(1, Vec::new()));
        }
    }

    fn pings(&mut self) {
        let pongs = |payloads: &[&[u8]]| GoesOn(0, payloads.iter().map(|it| it.to_vec()).collect());
        self.add("2.1", vec![whole(PING, "")], pongs(&[b""]));
        self.add("2.2", vec![whole(PING, "Hello, world!")], pongs(&[b"Hello, world!"]));
        self.add("2.3", vec![whole(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")], pongs(&[b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"]));
        self.add("2.4", vec![whole(PING, [0xfe; 125])], pongs(&[&[0xfe; 125]]));
        self.add("2.5", vec![whole(PING, [0xfe; 126])], VIOLATION);
        self.cut("2.6", vec![whole(PING, [0xfe; 125])], Some(1), pongs(&[&[0xfe; 125]]));
        self.add("2.7", vec![whole(PONG, "")], pongs(&[]));
        self.add("2.8", vec![whole(PONG, "unsolicited")], pongs(&[]));
        self.add("2.9", vec![whole(PONG, "unsolicited"), whole(PING, "ping")], pongs(&[b"ping"]));
        let ten: Vec<String> = (0..10).map(|n| format!("payload-{n}")).collect();
        let expected = GoesOn(0, ten.iter().map(|it| it.clone().into_bytes()).collect());
        self.add("2.10", ten.iter().map(|it| whole(PING, it)).collect(), expected.clone());
        self.cut("2.11", ten.iter().map(|it| whole(PING, it)).collect(), Some(1), expected);
    }

    fn reserved_bits(&mut self) {
        let (text, ping) = (|bits| frame(true, bits, TEXT, b"Hello, world!"), whole(PING, ""));
        self.add("3.1", vec![text(1)], VIOLATION);
        self.cut("3.2", vec![text(0), text(2), ping.clone()], Some(1000), VIOLATION);
        self.add("3.3", vec![text(0), text(3), ping.clone()], VIOLATION);
        self.cut("3.4", vec![text(0), text(4), ping], Some(1), VIOLATION);
        self.add("3.5", vec![frame(true, 5, BINARY, &[0; 8])], VIOLATION);
        self.add("3.6", vec![frame(true, 6, PING, b"Hello, world!")], VIOLATION);
        self.add("3.7", vec![frame(true, 7, CLOSE, &1000_u16.to_be_bytes())], VIOLATION);
    }

    fn opcodes(&mut self) {
        for (chapter, first) in [(1, 3), (2, 11)] {
            let (text, ping) = (whole(TEXT, "Hello, world!"), whole(PING, ""));
            self.add(&format!("4.{chapter}.1"), vec![whole(first, "")], VIOLATION);
            self.add(&format!("4.{chapter}.2"), vec![whole(first + 1, "reserved opcode payload")], VIOLATION);
            self.cut(&format!("4.{chapter}.3"), vec![text.clone(), whole(first + 2, ""), ping.clone()], Some(1000), VIOLATION);
            self.add(&format!("4.{chapter}.4"), vec![text.clone(), whole(first + 3, "reserved opcode payload"), ping.clone()], VIOLATION);
            self.cut(&format!("4.{chapter}.5"), vec![text, whole(first + 4, "reserved opcode payload"), ping], Some(1), VIOLATION);
        }
    }

    fn fragmentation(&mut self) {
        let goes_on = || GoesOn(1, Vec::new());
        for (number, opcode) in [("5.1", PING), ("5.2", PONG)] {
            self.add(number, vec![frame(false, 0, opcode, b"fragment1"), whole(CONTINUATION, "fragment2")], VIOLATION);
        }
        for (number, cut) in [("5.3", Some(1000)), ("5.4", None), ("5.5", Some(1))] {
            self.cut(number, fragments(&[b"fragment1", b"fragment2"]), cut, goes_on());
        }
        for (number, cut) in [("5.6", Some(1000)), ("5.7", None), ("5.8", Some(1))] {
            let frames = vec![frame(false, 0, TEXT, b"fragment1"), whole(PING, "ping payload"), whole(CONTINUATION, "fragment2")];
            self.cut(number, frames, cut, GoesOn(1, vec![b"ping payload".to_vec()]));
        }
        for (first, fin) in [(9, true), (12, false)] {
            for (n, cut) in [Some(1000), None, Some(1)].into_iter().enumerate() {
                let frames = vec![frame(fin, 0, CONTINUATION, b"non-continuation payload"), whole(TEXT, "Hello, world!")];
                self.cut(&format!("5.{}", first + n), frames, cut, VIOLATION);
            }
        }
        let two = fragments(&[b"fragment1", b"fragment2"]);
        let stray = |fin| vec![frame(fin, 0, CONTINUATION, b"fragment3"), whole(TEXT, "fragment4")];
        self.add("5.15", [two, stray(false)].concat(), VIOLATION);
        for (number, fin) in [("5.16", false), ("5.17", true)] {
            let round =
                vec![frame(fin, 0, CONTINUATION, b"fragment1"), frame(false, 0, TEXT, b"fragment2"), whole(CONTINUATION, "fragment3")];
            self.add(number, [round.clone(), round].concat(), VIOLATION);
        }
        self.add("5.18", vec![frame(false, 0, TEXT, b"fragment1"), whole(TEXT, "fragment2")], VIOLATION);
        for (number, cut) in [("5.19", None), ("5.20", Some(1))] {
            let frames = vec![
                frame(false, 0, TEXT, b"fragment1"),
                frame(false, 0, CONTINUATION, b"fragment2"),
                whole(PING, "pongme 1!"),
                frame(false, 0, CONTINUATION, b"fragment3"),
                frame(false, 0, CONTINUATION, b"fragment4"),
                whole(PING, "pongme 2!"),
                whole(CONTINUATION, "fragment5"),
            ];
            self.cut(number, frames, cut, GoesOn(1, vec![b"pongme 1!".to_vec(), b"pongme 2!".to_vec()]));
        }
    }

    #[rustfmt::skip]
    fn utf8(&mut self) {
        let goes_on = || GoesOn(1, Vec::new());
        self.add("6.1.1", vec![whole(TEXT, "")], goes_on());
        self.add("6.1.2", fragments(&[b"", b"", b""]), goes_on());
        self.add("6.1.3", fragments(&[b"", b"middle frame payload", b""]), goes_on());
        self.add("6.2.1", vec![whole(TEXT, HELLO)], goes_on());
        self.add("6.2.2", fragments(&[&HELLO.as_bytes()[..12], &HELLO.as_bytes()[12..]]), goes_on());
        self.add("6.2.3", bytewise(HELLO.as_bytes()), goes_on());
        self.add("6.2.4", bytewise(BROKEN[0]), goes_on());
        self.add("6.3.1", vec![whole(TEXT, BROKEN.concat())], NO_TEXT);
        self.add("6.3.2", bytewise(&BROKEN.concat()), NO_TEXT);
        // The last fragment never arrives: the error is detected before.
        let begun = |pieces: &[&[u8]]| pieces.iter().enumerate().map(|(n, piece)| frame(false, 0, if n == 0 { TEXT } else { CONTINUATION }, piece)).collect::<Vec<_>>();
        self.add("6.4.1", begun(&BROKEN[..2]), NO_TEXT);
        self.add("6.4.2", begun(&[BROKEN[0], b"\xf4", b"\x90"]), NO_TEXT);
        self.cut("6.4.3", vec![whole(TEXT, BROKEN.concat())], Some(15), NO_TEXT);
        self.cut("6.4.4", vec![whole(TEXT, BROKEN.concat())], Some(1), NO_TEXT);
        self.texts("6.5", goes_on(), &[b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"]);
        self.texts("6.6 begun", NO_TEXT, &[
            b"\xce", b"\xce\xba\xe1", b"\xce\xba\xe1\xbd", b"\xce\xba\xe1\xbd\xb9\xcf", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce",
        ]);
        self.texts("6.6 whole", goes_on(), &[
            b"\xce\xba", b"\xce\xba\xe1\xbd\xb9", b"\xce\xba\xe1\xbd\xb9\xcf\x83", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
        ]);
        self.texts("6.7", goes_on(), &[b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]);
        self.texts("6.8", NO_TEXT, &[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]);
        self.texts("6.9", goes_on(), &[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]);
        self.texts("6.10", NO_TEXT, &[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"]);
        self.texts("6.11", goes_on(), &[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf"]);
        self.texts("6.11 past the last", NO_TEXT, &[b"\xf4\x90\x80\x80"]);
        self.texts("6.12", NO_TEXT, &[
            b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf", b"\x80\xbf\x80\xbf\x80", b"\x80\xbf\x80\xbf\x80\xbf", b"\x80\x81\x82\x83\x84\x85\xbe",
        ]);
        self.texts("6.13", NO_TEXT, &[b"\xc0 \xc1 \xc2 \xc3 \xdf ", b"\xe0 \xe1 \xef ", b"\xf0 \xf1 \xf7 ", b"\xf8 \xfb ", b"\xfc \xfd "]);
        self.texts("6.14", NO_TEXT, &[
            b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80", b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
        ]);
        self.texts("6.15", NO_TEXT, &[b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf"]);
        self.texts("6.16", NO_TEXT, &[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]);
        self.texts("6.17", NO_TEXT, &[b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"]);
        self.texts("6.18", NO_TEXT, &[b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"]);
        self.texts("6.19", NO_TEXT, &[b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"]);
        self.texts("6.20", NO_TEXT, &[b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"]);
        self.texts("6.21", NO_TEXT, &[
            b"\xed\xa0\x80\xed\xb0\x80", b"\xed\xa0\x80\xed\xbf\xbf", b"\xed\xad\xbf\xed\xb0\x80", b"\xed\xad\xbf\xed\xbf\xbf",
            b"\xed\xae\x80\xed\xb0\x80", b"\xed\xae\x80\xed\xbf\xbf", b"\xed\xaf\xbf\xed\xb0\x80", b"\xed\xaf\xbf\xed\xbf\xbf",
        ]);
        let noncharacters: Vec<String> = (0..=16).flat_map(|plane| [0xfffe, 0xffff].map(|it| char::from_u32(plane << 16 | it).unwrap().to_string())).collect();
        self.texts("6.22", goes_on(), &noncharacters.iter().map(String::as_bytes).collect::<Vec<_>>());
        self.texts("6.23", goes_on(), &[b"\xef\xbf\xb9", b"\xef\xbf\xba", b"\xef\xbf\xbb", b"\xef\xbf\xbc", b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xef\xbf\xbf"]);
    }

    fn closing(&mut self) {
        let (end, text) = (close(1000, ""), whole(TEXT, "Hello World!"));
        self.add("7.1.1", vec![text.clone(), end.clone()], CLOSED);
        self.add("7.1.2", vec![end.clone(), end.clone()], CLOSED);
        self.add("7.1.3", vec![end.clone(), whole(PING, "")], CLOSED);
        self.add("7.1.4", vec![end.clone(), text], CLOSED);
        self.add("7.1.5", vec![frame(false, 0, TEXT, b"fragment1"), end.clone(), whole(CONTINUATION, "fragment2")], CLOSED);
        self.add("7.1.6", vec![whole(TEXT, vec![b'*'; 256 * 1024]), whole(TEXT, "Hello World!"), end, whole(PING, "")], CLOSED);
        self.add("7.3.1", vec![whole(CLOSE, "")], Ends(&[1005]));
        self.add("7.3.2", vec![whole(CLOSE, "a")], VIOLATION);
        self.add("7.3.3", vec![close(1000, "")], CLOSED);
        self.add("7.3.4", vec![close(1000, "Hello World!")], CLOSED);
        self.add("7.3.5", vec![close(1000, [b'*'; 123])], CLOSED);
        self.add("7.3.6", vec![close(1000, [b'*'; 124])], VIOLATION);
        self.add("7.5.1", vec![close(1000, BROKEN.concat())], NO_TEXT);
        const GOOD: [u16; 13] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
        for (n, code) in GOOD.iter().enumerate() {
            self.add(&format!("7.7.{}", n + 1), vec![close(*code, "")], Ends(std::slice::from_ref(&GOOD[n])));
        }
        for (n, code) in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999].into_iter().enumerate() {
            self.add(&format!("7.9.{}", n + 1), vec![close(code, "")], VIOLATION);
        }
        self.add("7.13.1", vec![close(5000, "")], VIOLATION);
        self.add("7.13.2", vec![close(65_535, "")], VIOLATION);
    }

    /// Cases that Autobahn does not have.
    fn more(&mut self) {
        let mut bare = whole(TEXT, "");
        bare[1] = 0;
        self.add("without a mask", vec![bare[..2].to_vec()], VIOLATION);
        let mut huge = whole(BINARY, vec![0; 65_536])[..2].to_vec();
        huge.extend((100_u64 << 20).to_be_bytes());
        huge.extend([0; 4]);
        self.add("100 MB announced", vec![huge.clone()], Ends(&[1009]));
        huge[2..10].copy_from_slice(&u64::MAX.to_be_bytes());
        self.add("more than there is announced", vec![huge], Ends(&[1009]));
        let piece = vec![b'*'; 700 * 1024];
        self.add("too long in fragments", fragments(&[&piece, &piece]), Ends(&[1009]));
    }
}

/// An authenticated socket, as bytes.
struct Raw {
    stream: TcpStream,
    came: Vec<u8>,
}

impl Raw {
    async fn open(server: &Server, user: &User) -> Self {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let head = format!(
            "GET /ws?token={} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            user.token(),
            server.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut raw = Self { stream, came: Vec::new() };
        while !raw.came.windows(4).any(|it| it == b"\r\n\r\n") {
            raw.more().await.unwrap();
        }
        let head = raw.came.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        assert!(raw.came.drain(..head).collect::<Vec<_>>().starts_with(b"HTTP/1.1 101"));
        let (_, ready) = raw.next().await.unwrap().unwrap();
        assert!(String::from_utf8(ready).unwrap().contains(r#""type":"ready""#));
        raw
    }

    /// Reads more bytes. Returns `None` at the end.
    async fn more(&mut self) -> Result<Option<()>, String> {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.map_err(|_| "nothing comes, not even the end")?;
        let read = read.map_err(|error| format!("the connection breaks: {error}"))?;
        self.came.extend(&bytes[..read]);
        Ok((read > 0).then_some(()))
    }

    /// Returns the opcode and content of the next frame.
    async fn next(&mut self) -> Result<Option<(u8, Vec<u8>)>, String> {
        loop {
            if let [first, second, rest @ ..] = self.came.as_slice() {
                assert_eq!((first & 0xf0, second & 0x80), (0x80, 0), "whole frames without a mask");
                let (head, length) = match (second, rest) {
                    (0..126, _) => (2, usize::from(*second)),
                    (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
                    (127, [_, _, _, _, a, b, c, d, ..]) => (10, u32::from_be_bytes([*a, *b, *c, *d]) as usize),
                    _ => (usize::MAX / 2, 0),
                };
                if self.came.len() >= head + length {
                    let whole: Vec<u8> = self.came.drain(..head + length).collect();
                    return Ok(Some((whole[0] & 0xf, whole[head..].to_vec())));
                }
            }
            if self.more().await?.is_none() {
                return if self.came.is_empty() { Ok(None) } else { Err("the end comes within a frame".into()) };
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        // The server reads nothing after its close frame.
        let _ = self.stream.write_all(bytes).await;
    }
}

/// Runs a case. Returns what is wrong as an error.
async fn wrong(server: &Server, user: &User, case: &Case) -> Result<(), String> {
    let mut raw = Raw::open(server, user).await;
    match case.cut {
        None => {
            for frame in &case.frames {
                raw.send(frame).await;
            }
        }
        Some(cut) => {
            for piece in case.frames.concat().chunks(cut) {
                raw.send(piece).await;
            }
        }
    }
    let (mut answers, mut pongs, mut code) = (0, Vec::new(), None);
    if let GoesOn(..) = case.expected {
        raw.send(&whole(TEXT, r#"{"type":"ping"}"#)).await;
    }
    while let Some((opcode, payload)) = raw.next().await? {
        match opcode {
            _ if code.is_some() => return Err(format!("a frame after the close: {opcode}")),
            TEXT if payload == br#"{"type":"pong"}"# => raw.send(&close(1000, "done")).await,
            TEXT => answers += 1,
            PONG => pongs.push(payload),
            CLOSE => code = Some(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))),
            _ => return Err(format!("a frame of the kind {opcode}")),
        }
    }
    match &case.expected {
        GoesOn(expected, expected_pongs) if (answers, &pongs, code) != (*expected, expected_pongs, Some(1000)) => {
            Err(format!("{answers} answers, pongs {pongs:?}, {code:?}"))
        }
        Ends(codes) if !code.is_some_and(|code| codes.contains(&code)) => Err(format!("ended with {code:?}, not {codes:?}")),
        GoesOn(..) | Ends(_) => Ok(()),
    }
}

#[tokio::test]
async fn the_cases_of_autobahn_pass() {
    let server = Server::start().await;
    let user = server.guest().await;
    let mut cases = Cases::default();
    cases.framing();
    cases.pings();
    cases.reserved_bits();
    cases.opcodes();
    cases.fragmentation();
    cases.utf8();
    cases.closing();
    cases.more();
    assert!(cases.0.len() > 200, "{}", cases.0.len());
    let (server, user) = (&server, &user);
    let judged = stream::iter(&cases.0).map(|case| async move { (case, wrong(server, user, case).await) }).buffer_unordered(8);
    let mut list = String::new();
    judged
        .for_each(|(case, judged)| {
            if let Err(error) = judged {
                writeln!(list, "{}: {error}", case.number).unwrap();
            }
            async {}
        })
        .await;
    assert!(list.is_empty(), "{list}");
}
