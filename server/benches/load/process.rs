//! The measured servers as processes, and their use of resources.

use std::{fs, net::SocketAddr, path::Path, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::wire::BenchError;

/// Timeout for starting and stopping a server.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. Dropping this ends it.
pub(crate) struct Server {
    child: Child,
    pid: Pid,
    /// Its address.
    pub address: SocketAddr,
    /// Held, because a server whose output nobody reads would end at its next line.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts the real server with a data folder. `listen` may have port 0. `upstream` is the model server that it uses.
    pub(crate) async fn holdfast(binary: &Path, data: &Path, listen: SocketAddr, upstream: Option<SocketAddr>) -> Result<Self, BenchError> {
        let mut command = Command::new(binary);
        // Nothing from this machine's settings: no keys, no other data, no settings file.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).current_dir(data);
        command.env("HOLDFAST_LISTEN", listen.to_string()).env("HOLDFAST_DATA", data.join("data"));
        command.env("HOLDFAST_LIMITS", "off").env("HOLDFAST_DISCOVER", "false").env("HOLDFAST_LOG", "warn");
        if let Some(upstream) = upstream {
            command.env("OPENAI_BASE_URL", format!("http://{upstream}/v1"));
        }
        Self::start(command).await
    }

    /// Starts the bare relay, which is this program. It relays the answers of `upstream`, or generates the words itself.
    pub(crate) async fn floor(upstream: Option<SocketAddr>) -> Result<Self, BenchError> {
        Self::itself("floor", upstream).await
    }

    /// Starts the model server, which is this program too.
    pub(crate) async fn upstream() -> Result<Self, BenchError> {
        Self::itself("upstream", None).await
    }

    async fn itself(part: &str, argument: Option<SocketAddr>) -> Result<Self, BenchError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(part).args(argument.map(|address| address.to_string())).stdin(Stdio::piped());
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Result<Self, BenchError> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or_else(|| BenchError::Server("ended at once".into()))?;
        let output = child.stdout.take().ok_or_else(|| BenchError::Server("has no output".into()))?;
        let mut lines = BufReader::new(output).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once(" is ready: http://") {
                    return address.trim().parse().map_err(|_| BenchError::Server(format!("is ready at no address: {line}")));
                }
            }
            Err(BenchError::Server("ended before it was ready".into()))
        };
        let address = timeout(PATIENCE, ready).await.map_err(|_| BenchError::Server("was not ready in time".into()))??;
        Ok(Self { child, pid: Pid::from_raw(pid), address, _output: lines })
    }

    /// Returns the CPU time of all its threads so far, in user and kernel mode: utime + stime of /proc/PID/stat, but in ns instead of 10
    /// ms.
    pub(crate) fn cpu(&self) -> Duration {
        clock_getcpuclockid(self.pid).and_then(clock_gettime).map(Duration::from).unwrap_or_default()
    }

    /// Returns its resident memory, bytes.
    pub(crate) fn memory(&self) -> u64 {
        let kilobytes = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid)).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("Rss:"))?;
            line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
        });
        kilobytes.unwrap_or(0) * 1024
    }

    /// Stops it, and waits until it has ended.
    pub(crate) async fn end(mut self) -> Result<(), BenchError> {
        kill(self.pid, Signal::SIGTERM).map_err(|error| BenchError::Server(format!("can't be told to end: {error}")))?;
        let status = timeout(PATIENCE, self.child.wait()).await.map_err(|_| BenchError::Server("did not end".into()))??;
        if status.success() { Ok(()) } else { Err(BenchError::Server(format!("ended with {status}"))) }
    }
}

/// Returns the CPU time of this process so far.
pub(crate) fn own_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

/// Returns the CPU time that the whole machine has used so far. The unit of /proc/stat is 10 ms.
pub(crate) fn machine_cpu() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1).map(|field| field.parse::<u64>().unwrap_or(0));
    // user, nice, system, (idle, iowait,) irq, softirq
    let busy: u64 = fields.enumerate().filter(|(at, _)| matches!(at, 0..=2 | 5 | 6)).map(|(_, ticks)| ticks).sum();
    Duration::from_millis(busy * 10)
}

/// Returns the number of processors.
pub(crate) fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}
