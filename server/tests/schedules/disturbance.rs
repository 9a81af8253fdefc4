//! What goes wrong, and when.

use holdfast_client::connection::SplitMix;

#[derive(Clone, Debug, PartialEq)]
pub enum Disturbance {
    /// A tab writes a message.
    Write { tab: usize },
    /// A tab stops the newest answer.
    Stop { tab: usize },
    /// A tab continues the newest answer.
    Continue { tab: usize },
    /// All connections of a tab are cut.
    Cut { tab: usize },
    /// They go silent, and nobody is told, for so long.
    Silence { tab: usize, ms: u64 },
    /// Upgrades are refused for so long.
    NoSockets { ms: u64 },
    /// Sockets die shortly after they are open, for so long.
    ShortSockets { ms: u64 },
    /// Sockets are cut when nothing went over them for so long, from now on.
    IdleCuts { limit: u64 },
    /// Event streams are held back for so long.
    HeldStreams { ms: u64 },
    /// Calls reach the server twice, and only the second answer comes back, for so long: a proxy that tries again.
    Twice { ms: u64 },
    /// The server ends without a word, and is back after so long.
    Crash { ms: u64 },
    /// It says good-bye first.
    Restart { ms: u64 },
    /// Somebody copies the store.
    Backup,
    /// The server ends, and is back after so long with the store as it was copied last.
    Restore { ms: u64 },
    /// A tab is loaded anew; what was kept of its outbox is still there.
    Reload { tab: usize },
    /// A tab asks for all of the conversation, of which it may have a part.
    LookUp { tab: usize },
    /// A tab asks for some of what comes before the part it has.
    ReadUp { tab: usize },
    /// The machine of a tab sleeps: it hears nothing and its clock jumps.
    Sleep { tab: usize, ms: u64 },
    /// The token is refused from now on: expired.
    Expire,
}

#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub tabs: usize,
    /// Longest way of a frame, ms.
    pub delay: u64,
    pub disturbances: Vec<(u64, Disturbance)>,
}

/// After so long proxies usually cut what is idle, ms.
pub const IDLE_LIMITS: [u64; 3] = [10_000, 20_000, 30_000];

impl Schedule {
    /// Nothing goes wrong but that idle sockets are cut; now and then somebody writes.
    pub fn with_idle_cuts(seed: u64, limit: u64) -> Self {
        let mut random = SplitMix::new(seed);
        let tabs = 1 + random.below(3) as usize;
        let delay = [1, 20, 100, 200][random.below(4) as usize];
        let mut disturbances = vec![(0, Disturbance::IdleCuts { limit }), (1, Disturbance::Write { tab: 0 })];
        for _ in 0..random.below(5) {
            disturbances.push((random.below(300_000), Disturbance::Write { tab: random.below(tabs as u64) as usize }));
        }
        disturbances.sort_by_key(|(at, _)| *at);
        Self { seed, tabs, delay, disturbances }
    }

    pub fn from_seed(seed: u64) -> Self {
        let mut random = SplitMix::new(seed);
        let tabs = 1 + random.below(3) as usize;
        let delay = [1, 20, 200, 900][random.below(4) as usize];
        let count = 3 + random.below(14);
        let mut disturbances = vec![(0, Disturbance::Write { tab: 0 })];
        for _ in 0..count {
            let at = random.below(60_000);
            let tab = random.below(tabs as u64) as usize;
            let ms = [50, 700, 4_000, 20_000, 70_000][random.below(5) as usize];
            disturbances.push((
                at,
                match random.below(24) {
                    0..=2 => Disturbance::Write { tab },
                    3 => Disturbance::Stop { tab },
                    4 => Disturbance::Continue { tab },
                    5..=6 => Disturbance::Cut { tab },
                    7 => Disturbance::Silence { tab, ms },
                    8 => Disturbance::NoSockets { ms },
                    9 => Disturbance::ShortSockets { ms },
                    10 => Disturbance::HeldStreams { ms },
                    11 => Disturbance::Crash { ms: ms.min(5_000) },
                    12 => Disturbance::Restart { ms: ms.min(5_000) },
                    13 => Disturbance::Reload { tab },
                    14 => Disturbance::Sleep { tab, ms },
                    15 => Disturbance::Twice { ms },
                    16 => Disturbance::LookUp { tab },
                    17..=18 => Disturbance::ReadUp { tab },
                    19 => Disturbance::Backup,
                    20 => Disturbance::Restore { ms: ms.min(5_000) },
                    21 => Disturbance::IdleCuts { limit: IDLE_LIMITS[random.below(3) as usize] },
                    _ => Disturbance::Expire,
                },
            ));
        }
        disturbances.sort_by_key(|(at, _)| *at);
        Self { seed, tabs, delay, disturbances }
    }
}
