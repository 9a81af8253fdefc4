//! Limits what a WebSocket client may send. It is counted where the bytes arrive, because the WebSocket library reports only whole
//! messages. A message may consist of any number of frames, and each costs time.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Frames in a second, and the burst.
pub const FRAMES: u32 = 100;
const FRAMES_AT_ONCE: u32 = 200;
/// Frames of maximum size in a second, and the burst.
const LARGE_FRAMES: u32 = 1;
const LARGE_FRAMES_AT_ONCE: u32 = 4;
/// Bytes before authentication: enough for a token and for what the client has of a conversation.
pub const BEFORE_SIGN_IN: usize = 16 * 1024;

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// More than [`BEFORE_SIGN_IN`].
    #[error("more than {BEFORE_SIGN_IN} bytes before sign-in")]
    BeforeSignIn,
    /// More than [`FRAMES`].
    #[error("more than {FRAMES} frames a second")]
    Frames,
    /// More bytes in a second than a frame of maximum size has.
    #[error("too many bytes a second")]
    Bytes,
}

impl TooMuch {
    /// Returns the limit that caused an I/O error, or `None` for other errors.
    pub fn behind(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<TooMuch> for io::Error {
    fn from(too_much: TooMuch) -> Self {
        io::Error::other(too_much)
    }
}

/// The meter of a connection, shared by the connection and its requests. It counts nothing before [`Intake::measure`], because HTTP
/// requests have their own limits.
#[derive(Clone, Debug, Default)]
pub struct Intake(Arc<OnceLock<Mutex<Meter>>>);

impl Intake {
    /// Starts counting: the connection is now a WebSocket, with frames of at most `frame` bytes.
    pub fn measure(&self, frame: usize) {
        let _ = self.0.set(Mutex::new(Meter::new(frame))); // a connection is upgraded once
    }

    /// Records that the client is authenticated.
    pub fn signed_in(&self) {
        if let Some(meter) = self.0.get() {
            meter.lock().unwrap_or_else(PoisonError::into_inner).before_sign_in = None;
        }
    }

    /// Counts received bytes.
    ///
    /// # Errors
    /// A limit was exceeded.
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
    /// Bytes that may still arrive before authentication; `None` after it.
    before_sign_in: Option<usize>,
}

impl Meter {
    fn new(frame: usize) -> Self {
        // Small frames have headers too.
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
            // The WebSocket library allocates the length that a frame's header announces, so that counts at once.
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
    /// Seconds for one unit.
    each: f64,
    /// How far the total may be ahead of time, seconds.
    ahead: f64,
    /// When everything received so far would be within the rate.
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

/// Finds the headers of frames (RFC 6455 §5.2) in bytes that arrive in pieces of any size.
#[derive(Debug, Default)]
struct FrameReader {
    /// Received bytes of the header, which has two bytes, up to eight of length, and four of the mask.
    head: [u8; 14],
    has: usize,
    /// Remaining bytes of the frame's payload.
    payload: u64,
}

impl FrameReader {
    /// Returns how many frames start in these bytes. A frame starts with the last byte of its header.
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

    /// Returns the length of the payload once the header is complete.
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
        // Unmasked frames are counted as well; the library refuses them.
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
