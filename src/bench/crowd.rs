//! A crowd of clients, each on a TLS connection of its own, that send the next command as soon as they have their answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::dice::Dice;
use super::histogram::Histogram;
use super::population::{Population, registrar_id};
use super::process::serving_time;
use super::request::{HEADER, Work, result_code, right_login};
use crate::admin::Problem;

/// Where to connect, and how.
#[derive(Clone)]
pub(super) struct Target {
    /// The server, on loopback.
    pub(super) address: SocketAddr,
    /// TLS, without resumption: each handshake is a whole one.
    pub(super) tls: Arc<ClientConfig>,
}

/// One client.
pub(super) struct Client {
    stream: TlsStream<tokio::net::TcpStream>,
    received: Vec<u8>,
    registrar: u64,
}

impl Target {
    /// A TLS connection; `from` is the last two bytes of the client's loopback address.
    pub(super) async fn connect(&self, registrar: u64, from: u16) -> io::Result<Client> {
        let [high, low] = from.to_be_bytes();
        let socket = TcpSocket::new_v4()?;
        if from > 0 {
            socket.bind(SocketAddrV4::new(Ipv4Addr::new(127, 1, high, low), 0).into())?;
        }
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(self.address.ip());
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await?;
        Ok(Client { stream, received: Vec::with_capacity(4096), registrar })
    }

    /// A session of a registrar whose password is cheap to verify.
    pub(super) async fn log_in(&self, registrar: u64) -> io::Result<Client> {
        let mut client = self.connect(registrar, 0).await?;
        client.receive().await?;
        match client.ask(&right_login(&registrar_id(registrar))).await? {
            1000 => Ok(client),
            code => Err(io::Error::other(format!("a login was answered {code}"))),
        }
    }
}

impl Client {
    /// Sends a frame and waits for the answer; its result code.
    pub(super) async fn ask(&mut self, frame: &[u8]) -> io::Result<u16> {
        self.stream.write_all(frame).await?;
        self.stream.flush().await?;
        self.receive().await.map(result_code)
    }

    /// Sends a frame and returns the answer, header included.
    pub(super) async fn answer_to(&mut self, frame: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(frame).await?;
        self.stream.flush().await?;
        self.receive().await.map(<[u8]>::to_vec)
    }

    /// The next frame, header included. A client that has one command under way gets one frame.
    pub(super) async fn receive(&mut self) -> io::Result<&[u8]> {
        self.received.clear();
        loop {
            if let Some(header) = self.received.first_chunk::<HEADER>()
                && self.received.len() >= u32::from_be_bytes(*header) as usize
            {
                return Ok(&self.received);
            }
            if self.received.len() > ANSWER_BYTES_MAX {
                return Err(io::Error::other("an answer has no end"));
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Several clients at once.
pub(super) struct Crowd {
    clients: Vec<Client>,
    population: Arc<Population>,
    seed: u64,
}

/// What a crowd saw in a time.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Answers, of those that were begun after the warming up.
    pub(super) latencies: Histogram,
    /// Answers that were not the ones expected.
    pub(super) unexpected: u64,
    /// How long it took.
    pub(super) elapsed: Duration,
    /// Processor time of the serving threads in that time.
    pub(super) serving: Duration,
}

impl Seen {
    pub(super) fn nothing() -> Self {
        Self { latencies: Histogram::new(), unexpected: 0, elapsed: Duration::ZERO, serving: Duration::ZERO }
    }

    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.latencies.total() as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Processor time of the server for one, in microseconds.
    pub(super) fn serving_micros(&self) -> f64 {
        self.serving.as_secs_f64() * 1e6 / (self.latencies.total() as f64).max(1.0)
    }

    /// What two crowds saw in the same time: both have counted the processor time of all servers.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        self.latencies.merge(&other.latencies);
        self.unexpected += other.unexpected;
        self
    }

    /// Adds what was seen another time.
    pub(super) fn merge(&mut self, other: &Self) {
        self.latencies.merge(&other.latencies);
        self.unexpected += other.unexpected;
        self.elapsed += other.elapsed;
        self.serving += other.serving;
    }
}

impl Crowd {
    /// So many sessions with the server, spread over the registrars.
    pub(super) async fn of_sessions(
        target: &Target,
        count: usize,
        population: &Arc<Population>,
    ) -> Result<Self, Problem> {
        let target = target.clone();
        let log_in = move |number: u64| {
            let target = target.clone();
            async move { target.log_in(number).await }
        };
        Self::gather(count, population, log_in).await
    }

    /// So many connections to the echo server, which answers everything with `answer`.
    pub(super) async fn of_echoes(
        target: &Target,
        count: usize,
        population: &Arc<Population>,
        answer: &[u8],
    ) -> Result<Self, Problem> {
        let (target, answer) = (target.clone(), Arc::<[u8]>::from(answer));
        let connect = move |number: u64| {
            let (target, answer) = (target.clone(), Arc::clone(&answer));
            async move {
                let mut client = target.connect(number, 0).await?;
                client.ask(&answer).await?;
                Ok(client)
            }
        };
        Self::gather(count, population, connect).await
    }

    async fn gather<F>(
        count: usize,
        population: &Arc<Population>,
        connect: impl Fn(u64) -> F,
    ) -> Result<Self, Problem>
    where
        F: Future<Output = io::Result<Client>> + Send + 'static,
    {
        let (mut clients, mut connecting) = (Vec::with_capacity(count), JoinSet::new());
        let mut begun = 0;
        while clients.len() < count {
            while connecting.len() < CONNECTING_AT_ONCE && begun < count {
                connecting.spawn(connect(begun as u64));
                begun += 1;
            }
            let connected = timeout(PATIENCE, connecting.join_next()).await.map_err(Problem::new)?;
            let Some(connected) = connected else { break };
            clients.push(connected.map_err(Problem::new)?.map_err(Problem::new)?);
        }
        Ok(Self { clients, population: Arc::clone(population), seed: 1 })
    }

    /// What the first client is answered to one piece of work.
    pub(super) async fn sample(&mut self, work: &Work) -> Result<Vec<u8>, Problem> {
        let client = self.clients.first_mut().ok_or_else(|| Problem::new("the crowd is empty"))?;
        let mut frame = Vec::new();
        work.write(&self.population, client.registrar, &mut Dice::new(self.seed), &mut frame);
        client.answer_to(&frame).await.map_err(Problem::new)
    }

    /// How many clients there are.
    pub(super) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Works for a time; what was begun in the first `warming` is not counted.
    pub(super) async fn run(
        &mut self,
        work: &Work,
        warming: Duration,
        measured: Duration,
    ) -> Result<Seen, Problem> {
        let from = Instant::now() + warming;
        let until = from + measured;
        let mut working = JoinSet::new();
        for client in self.clients.drain(..) {
            self.seed += 1;
            let (work, population) = (work.clone(), Arc::clone(&self.population));
            working.spawn(toil(client, work, population, Dice::new(self.seed << 20), from, until));
        }
        let counted = async {
            tokio::time::sleep(warming).await;
            let before = serving_time();
            tokio::time::sleep(measured).await;
            serving_time().saturating_sub(before)
        };
        let ended = async {
            let (mut clients, mut seen) = (Vec::new(), Seen::nothing());
            while let Some(ended) = working.join_next().await {
                let (client, one) = ended.map_err(Problem::new)?.map_err(Problem::new)?;
                seen.merge(&one);
                clients.push(client);
            }
            Ok::<_, Problem>((clients, seen))
        };
        let (serving, ended) = timeout(warming + measured + PATIENCE, async { tokio::join!(counted, ended) })
            .await
            .map_err(|_| Problem::new("the server no longer answers; see its log"))?;
        let (clients, mut seen) = ended?;
        self.clients = clients;
        seen.elapsed = measured;
        seen.serving = serving;
        Ok(seen)
    }
}

async fn toil(
    mut client: Client,
    work: Work,
    population: Arc<Population>,
    mut dice: Dice,
    from: Instant,
    until: Instant,
) -> io::Result<(Client, Seen)> {
    let mut seen = Seen::nothing();
    let mut frame = Vec::with_capacity(2048);
    loop {
        frame.clear();
        work.write(&population, client.registrar, &mut dice, &mut frame);
        let begun = Instant::now();
        if begun >= until {
            return Ok((client, seen));
        }
        let code = client.ask(&frame).await?;
        if begun >= from {
            seen.latencies.add(begun.elapsed());
            seen.unexpected += u64::from(!work.expects(code));
        }
    }
}

/// No answer to a command of the bench's is longer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const CONNECTING_AT_ONCE: usize = 64;
/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
