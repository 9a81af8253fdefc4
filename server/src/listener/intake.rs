//! What a WebSocket's peer may send: counted where the bytes come in, because the library above tells of whole messages only. A
//! message may come in any number of frames, and each costs time.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Frames a second, and how many may come at once.
pub(crate) const FRAMES: u32 = 100;
const FRAMES_AT_ONCE: u32 = 200;
/// Frames of the largest size a second, and how many may come at once.
const LARGE_FRAMES: u32 = 1;
const LARGE_FRAMES_AT_ONCE: u32 = 4;
/// Bytes until it is known who is speaking: room for a token and for what the client has of a conversation.
pub(crate) const BEFORE_SIGN_IN: usize = 16 * 1024;

/// Why nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMuch {
    /// More than [`BEFORE_SIGN_IN`].
    #[error("more than {BEFORE_SIGN_IN} bytes before sign-in")]
    BeforeSignIn,
    /// More than [`FRAMES`].
    #[error("more than {FRAMES} frames a second")]
    Frames,
    /// More bytes a second than a frame may have.
    #[error("too many bytes a second")]
    Bytes,
}

impl TooMuch {
    /// The one behind an I/O error, where there is one.
    pub(crate) fn behind(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<TooMuch> for io::Error {
    fn from(too_much: TooMuch) -> Self {
        io::Error::other(too_much)
    }
}

/// One connection's meter, shared by the connection and the requests that came over it. Nothing is counted before
/// [`Intake::measure`]: a request over HTTP has limits of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intake(Arc<OnceLock<Mutex<Meter>>>);

impl Intake {
    /// The connection carries a WebSocket from now on, whose frames have at most `frame` bytes.
    pub(crate) fn measure(&self, frame: usize) {
        let _ = self.0.set(Mutex::new(Meter::new(frame))); // a connection is upgraded once
    }

    /// It is known who is speaking.
    pub(crate) fn signed_in(&self) {
        if let Some(meter) = self.0.get() {
            meter.lock().unwrap_or_else(PoisonError::into_inner).before_sign_in = None;
        }
    }

    /// Counts what came.
    ///
    /// # Errors
    /// It was too much.
    pub(super) fn count(&self, bytes: &[u8]) -> Result<(), TooMuch> {
        match self.0.get() {
            Some(meter) => meter.lock().unwrap_or_else(PoisonError::into_inner).count(bytes, Instant::now()),
            None => Ok(()),
        }
    }
}

/// The rules, with time as a value.
#[derive(Debug)]
struct Meter {
    reader: FrameReader,
    frames: Pace,
    bytes: Pace,
    /// Bytes that may still come before sign-in; `None` after it.
    before_sign_in: Option<usize>,
}

impl Meter {
    fn new(frame: usize) -> Self {
        // Small frames have heads, too.
        let frame = u32::try_from(frame.max(64 * 1024)).unwrap_or(u32::MAX / LARGE_FRAMES_AT_ONCE);
        Self {
            reader: FrameReader::default(),
            frames: Pace::new(FRAMES, FRAMES_AT_ONCE),
            bytes: Pace::new(frame * LARGE_FRAMES, frame * LARGE_FRAMES_AT_ONCE),
            before_sign_in: Some(BEFORE_SIGN_IN),
        }
    }

    fn count(&mut self, bytes: &[u8], now: Instant) -> Result<(), TooMuch> {
        let begun = self.reader.read(bytes);
        if let Some(left) = self.before_sign_in {
            // What a frame's head announces is room that the library above takes at once.
            let left = left.checked_sub(bytes.len()).filter(|left| self.reader.payload <= *left as u64).ok_or(TooMuch::BeforeSignIn)?;
            self.before_sign_in = Some(left);
        }
        if !self.frames.allows(begun, now) {
            return Err(TooMuch::Frames);
        }
        if self.bytes.allows(u32::try_from(bytes.len()).unwrap_or(u32::MAX), now) { Ok(()) } else { Err(TooMuch::Bytes) }
    }
}

/// A rate with a burst (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
struct Pace {
    /// How long one takes.
    each: f64,
    /// How far ahead of the time the whole may be, seconds.
    ahead: f64,
    /// When everything that came would have been in time.
    due: Option<Instant>,
}

impl Pace {
    fn new(a_second: u32, at_once: u32) -> Self {
        let each = 1.0 / f64::from(a_second.max(1));
        Self { each, ahead: each * f64::from(at_once), due: None }
    }

    fn allows(&mut self, n: u32, now: Instant) -> bool {
        let due = self.due.map_or(now, |due| due.max(now)) + Duration::from_secs_f64(self.each * f64::from(n));
        self.due = Some(due);
        (due - now).as_secs_f64() <= self.ahead
    }
}

/// Finds the heads of frames (RFC 6455 §5.2) in what comes, in pieces of any size.
#[derive(Debug, Default)]
struct FrameReader {
    /// The head's bytes that have come; one is two bytes, up to eight of length, and four of the mask.
    head: [u8; 14],
    has: usize,
    /// Bytes of the frame's content that are still to come.
    payload: u64,
}

impl FrameReader {
    /// How many frames begin in what came. One begins with its last byte of head.
    fn read(&mut self, mut bytes: &[u8]) -> u32 {
        let mut begun = 0;
        while let [first, rest @ ..] = bytes {
            if self.payload > 0 {
                let skipped = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[self.has] = *first;
            self.has += 1;
            bytes = rest;
            if let Some(payload) = self.length() {
                self.payload = payload;
                self.has = 0;
                begun += 1;
            }
        }
        begun
    }

    /// The length of the content, once the head is whole.
    fn length(&self) -> Option<u64> {
        let [_, second, rest @ ..] = &self.head;
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        let (head, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes([rest[0], rest[1]]))),
            127 => (10, u64::from_be_bytes(std::array::from_fn(|at| rest[at]))),
            short => (2, u64::from(short)),
        };
        (self.has >= 2 && self.has == head + mask).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FRAME: usize = 1024 * 1024;

    fn frame(length: usize) -> Vec<u8> {
        let mut bytes = vec![0x81];
        match length {
            0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.resize(bytes.len() + length, b'x');
        bytes
    }

    fn signed_in() -> (Meter, Instant) {
        (Meter { before_sign_in: None, ..Meter::new(FRAME) }, Instant::now())
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let all: Vec<u8> = [0, 1, 125, 126, 127, 65_535, 65_536, 0].into_iter().flat_map(frame).collect();
        for size in [1, 2, 3, 7, 997, all.len()] {
            let mut reader = FrameReader::default();
            assert_eq!(all.chunks(size).map(|piece| reader.read(piece)).sum::<u32>(), 8, "{size}");
        }
        // A frame that is not masked is counted as well; the library refuses it.
        assert_eq!(FrameReader::default().read(&[0x81, 1, b'x', 0x89, 0]), 2);
    }

    #[test]
    fn a_flood_of_any_frames_is_too_much_and_steady_use_is_not() {
        let (mut meter, now) = signed_in();
        let empty = frame(0);
        let passed = (0..10_000).take_while(|_| meter.count(&empty, now).is_ok()).count();
        assert_eq!(passed, FRAMES_AT_ONCE as usize);
        let (mut meter, now) = signed_in();
        for n in 0..5_000 {
            meter.count(&empty, now + Duration::from_millis(n * 20)).unwrap();
        }
    }

    #[test]
    fn bytes_are_counted_too() {
        let (mut meter, now) = signed_in();
        let large = frame(FRAME - 20);
        for _ in 0..4 {
            meter.count(&large, now).unwrap();
        }
        assert_eq!(meter.count(&large, now).unwrap_err(), TooMuch::Bytes);
        let (mut meter, now) = signed_in();
        for n in 0..100 {
            meter.count(&large, now + Duration::from_secs(n)).unwrap();
        }
    }

    #[test]
    fn before_sign_in_little_may_come_or_be_announced() {
        let now = Instant::now();
        Meter::new(FRAME).count(&frame(BEFORE_SIGN_IN - 100), now).unwrap();
        assert_eq!(Meter::new(FRAME).count(&frame(BEFORE_SIGN_IN), now), Err(TooMuch::BeforeSignIn));
        assert_eq!(Meter::new(FRAME).count(&frame(FRAME)[..14], now), Err(TooMuch::BeforeSignIn), "its head is enough");
        let mut meter = Meter::new(FRAME);
        let pieces = frame(100);
        assert_eq!((0..1000).find_map(|_| meter.count(&pieces, now).err()), Some(TooMuch::BeforeSignIn), "in small frames");
        let intake = Intake::default();
        intake.count(&frame(FRAME)).unwrap();
        intake.measure(FRAME);
        intake.signed_in();
        intake.count(&frame(FRAME - 20)).unwrap();
        assert_eq!(TooMuch::behind(&TooMuch::Frames.into()), Some(TooMuch::Frames));
    }
}
