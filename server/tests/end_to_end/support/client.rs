//! A native client: the protocol's own connection machine, driven over tokio.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use holdfast_client::{
    Foreign,
    connection::{Action, Attempt, Connection, Entry, Presence, RequestError, Timing, Transport},
};
use holdfast_protocol::{
    ApiError, ClientFrame, ConversationId, MessageId, ServerFrame,
    api::{Grant, PollReply},
    event_stream::{Decoder, Item},
    frame::{Accepted, Chat, Open},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use super::User;

/// Something to do with the machine, at a time.
type ConnectionCall = Box<dyn FnOnce(&mut Connection, u64) + Send>;

enum Happened {
    Opened(Attempt),
    Alive(Attempt),
    Frame(Attempt, Box<ServerFrame>),
    Closed(Attempt, u16, String),
    Ended(Attempt, Option<RequestError>),
    Polled(Attempt, Vec<ServerFrame>),
    Token(Result<Grant, RequestError>),
    Posted(MessageId, Result<Accepted, RequestError>),
    Do(ConnectionCall),
}

/// A handle to a client that runs in the background.
pub struct Client {
    tell: mpsc::UnboundedSender<Happened>,
    task: JoinHandle<()>,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// A client of `user` that connects to `address`, with times shortened to `timing`.
    pub fn start(address: &str, user: &User, timing: Timing) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let driver = Driver {
            base: format!("http://{address}"),
            socket: format!("ws://{address}/ws"),
            cookie: Arc::new(std::sync::Mutex::new(user.cookie.clone())),
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            tell: tell.clone(),
            sockets: HashMap::new(),
            tasks: HashMap::new(),
            machine: Connection::new(timing, 7),
            began: Instant::now(),
        };
        let task = tokio::spawn(driver.run(heard));
        let client = Self { tell, task };
        client.act(|machine, now| machine.start(now));
        client
    }

    fn act(&self, act: impl FnOnce(&mut Connection, u64) + Send + 'static) {
        let _ = self.tell.send(Happened::Do(Box::new(act)));
    }

    pub fn follow(&self, id: ConversationId) {
        self.act(move |machine, now| machine.follow(now, Some(id)));
    }

    pub fn submit(&self, chat: Chat) {
        self.act(move |machine, now| machine.submit(now, Entry::new(chat)));
    }

    pub fn stop_answer(&self, id: MessageId) {
        self.act(move |machine, now| machine.stop_answer(now, id));
    }

    pub fn continue_answer(&self, id: MessageId) {
        self.act(move |machine, now| machine.continue_answer(now, id));
    }

    /// The person comes back to the page.
    pub fn look_again(&self) {
        self.act(|machine, now| machine.handle_visible(now, true));
    }

    /// Asks the machine something.
    pub async fn look<T: Send + 'static>(&self, look: impl FnOnce(&Connection, u64) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        self.act(move |machine, now| {
            let _ = answer.send(look(machine, now));
        });
        answered.await.unwrap()
    }

    pub async fn presence(&self) -> Presence {
        self.look(|machine, now| machine.presence(now)).await
    }

    pub async fn transport(&self) -> Option<Transport> {
        match self.presence().await {
            Presence::Connected(transport) => Some(transport),
            _ => None,
        }
    }

    /// Waits until something holds.
    pub async fn wait(&self, what: &str, holds: impl Fn(&Connection, u64) -> bool + Clone + Send + 'static) {
        let patience = Instant::now() + Duration::from_secs(40);
        while !self.look(holds.clone()).await {
            if Instant::now() >= patience {
                let state = self.look(|machine, now| format!("{:?}\n{:?}", machine.presence(now), machine.outbox().entries())).await;
                panic!("waited in vain: {what}\n{state}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the outbox is empty and no answer of a conversation is unfinished; its messages.
    pub async fn settled(&self, id: ConversationId, messages: usize) -> Vec<holdfast_protocol::Message> {
        self.wait("all messages there and finished", move |machine, _| {
            machine.outbox().entries().is_empty()
                && machine.transcript(id).is_some_and(|transcript| transcript.messages().len() >= messages && !transcript.is_answering())
        })
        .await;
        self.look(move |machine, _| machine.transcript(id).unwrap().messages().to_vec()).await
    }
}

struct Driver {
    base: String,
    socket: String,
    cookie: Arc<std::sync::Mutex<String>>,
    http: reqwest::Client,
    tell: mpsc::UnboundedSender<Happened>,
    sockets: HashMap<Attempt, mpsc::UnboundedSender<ClientFrame>>,
    tasks: HashMap<Attempt, JoinHandle<()>>,
    machine: Connection,
    began: Instant,
}

impl Driver {
    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    async fn run(mut self, mut heard: mpsc::UnboundedReceiver<Happened>) {
        loop {
            while let Some(action) = self.machine.poll_action() {
                self.act(action);
            }
            while self.machine.poll_event().is_some() {}
            let now = self.now();
            let timer = self.machine.poll_timeout().map_or(now + 3_600_000, |at| at.max(now));
            tokio::select! {
                happened = heard.recv() => match happened {
                    Some(happened) => self.happened(happened),
                    None => return,
                },
                () = tokio::time::sleep_until(self.began + Duration::from_millis(timer)) => {
                    let now = self.now();
                    self.machine.handle_timeout(now);
                }
            }
        }
    }

    fn happened(&mut self, happened: Happened) {
        let now = self.now();
        match happened {
            Happened::Opened(attempt) => self.machine.handle_opened(now, attempt),
            Happened::Alive(attempt) => self.machine.handle_alive(now, attempt),
            Happened::Frame(attempt, frame) => self.machine.handle_frame(now, attempt, *frame),
            Happened::Closed(attempt, code, reason) => self.machine.handle_closed(now, attempt, code, &reason),
            Happened::Ended(attempt, failure) => self.machine.handle_ended(now, attempt, failure),
            Happened::Polled(attempt, frames) => self.machine.handle_polled(now, attempt, frames),
            Happened::Token(Ok(grant)) => self.machine.handle_token(now, grant),
            Happened::Token(Err(failure)) => self.machine.handle_token_failed(now, failure),
            Happened::Posted(id, result) => self.machine.handle_posted(now, id, result),
            Happened::Do(act) => act(&mut self.machine, now),
        }
    }

    fn act(&mut self, action: Action) {
        let (http, tell, base) = (self.http.clone(), self.tell.clone(), self.base.clone());
        let token = self.machine.token(self.now()).unwrap_or_default().to_owned();
        match action {
            Action::FetchToken { .. } => {
                let cookie = self.cookie.clone();
                tokio::spawn(async move {
                    let request = http.post(format!("{base}/api/auth/refresh")).header("cookie", cookie.lock().unwrap().clone());
                    let result = match request.send().await {
                        Ok(response) => {
                            if let Some(set) = response.headers().get("set-cookie").and_then(|set| set.to_str().ok()) {
                                *cookie.lock().unwrap() = set.split(';').next().unwrap().to_owned();
                            }
                            read(response).await
                        }
                        Err(_) => Err(RequestError::Unreachable),
                    };
                    let _ = tell.send(Happened::Token(result));
                });
            }
            Action::OpenSocket { attempt } => {
                let (send, frames) = mpsc::unbounded_channel();
                self.sockets.insert(attempt, send);
                self.tasks.insert(attempt, tokio::spawn(socket(self.socket.clone(), attempt, frames, tell)));
            }
            Action::OpenStream { attempt, open } => {
                let request = http.get(address(&base, &open, "events")).bearer_auth(token);
                self.tasks.insert(attempt, tokio::spawn(stream(request, attempt, tell)));
            }
            Action::Poll { attempt, open, wait } => {
                let request = http.get(format!("{}&wait_ms={wait}", address(&base, &open, "poll"))).bearer_auth(token);
                let task = tokio::spawn(async move {
                    let happened = match send::<PollReply>(request).await {
                        Ok(reply) => Happened::Polled(attempt, reply.frames),
                        Err(failure) => Happened::Ended(attempt, Some(failure)),
                    };
                    let _ = tell.send(happened);
                });
                self.tasks.insert(attempt, task);
            }
            Action::Send { attempt, frame } => {
                if let Some(socket) = self.sockets.get(&attempt) {
                    let _ = socket.send(frame);
                }
            }
            Action::Close { attempt } => {
                self.sockets.remove(&attempt);
                if let Some(task) = self.tasks.remove(&attempt) {
                    task.abort();
                }
            }
            Action::Post { chat } => {
                let id = chat.conversation_id.unwrap();
                let body = serde_json::to_string(&chat).unwrap();
                let request = http.post(format!("{base}/api/conversations/{id}/messages")).bearer_auth(token);
                let request = request.header("content-type", "application/json").body(body);
                tokio::spawn(async move {
                    let result = send(request).await;
                    let _ = tell.send(Happened::Posted(chat.message_id, result));
                });
            }
            Action::PostCommand { command } => {
                let mut request = http.post(format!("{base}{}", command.path())).bearer_auth(token);
                if let Some(body) = command.body() {
                    request = request.header("content-type", "application/json").body(serde_json::to_string(&body).unwrap());
                }
                tokio::spawn(async move {
                    match command.new_answer() {
                        Some(answer_id) => {
                            let result = send(request).await;
                            let _ = tell.send(Happened::Posted(answer_id, result));
                        }
                        None => {
                            let _ = request.send().await;
                        }
                    }
                });
            }
        }
    }
}

fn address(base: &str, open: &Open, what: &str) -> String {
    let encoded = |json: String| json.replace('{', "%7B").replace('}', "%7D").replace('"', "%22").replace('[', "%5B").replace(']', "%5D");
    let have = encoded(serde_json::to_string(&open.have).unwrap());
    let have_steps = encoded(serde_json::to_string(&open.have_steps).unwrap());
    let cursor = open.cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("{base}/api/conversations/{}/{what}?have={have}&have_steps={have_steps}{cursor}", open.conversation_id)
}

async fn read<T: serde::de::DeserializeOwned>(response: reqwest::Response) -> Result<T, RequestError> {
    let status = response.status();
    let is_page = response.headers().get("content-type").is_some_and(|kind| Foreign::is_page(kind.to_str().unwrap()));
    let text = response.text().await.map_err(|_| RequestError::Unreachable)?;
    if status.is_success() && is_page {
        return Err(RequestError::Foreign(Foreign::SignIn));
    }
    if status.is_success() {
        return serde_json::from_str(&text).map_err(|_| RequestError::Unreachable);
    }
    match serde_json::from_str::<ApiError>(&text) {
        Ok(api_error) => Err(RequestError::Refused { status: status.as_u16(), api_error }),
        Err(_) => Err(RequestError::Foreign(Foreign::of(status.as_u16()))),
    }
}

async fn send<T: serde::de::DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, RequestError> {
    match request.send().await {
        Ok(response) => read(response).await,
        Err(_) => Err(RequestError::Unreachable),
    }
}

async fn socket(url: String, attempt: Attempt, mut frames: mpsc::UnboundedReceiver<ClientFrame>, tell: mpsc::UnboundedSender<Happened>) {
    let Ok((mut socket, _)) = connect_async(url).await else {
        let _ = tell.send(Happened::Closed(attempt, 1006, String::new()));
        return;
    };
    let _ = tell.send(Happened::Opened(attempt));
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => if socket.send(Message::text(frame.to_json())).await.is_err() {
                    let _ = tell.send(Happened::Closed(attempt, 1006, String::new()));
                    return;
                },
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let frame = ServerFrame::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                    let _ = tell.send(Happened::Frame(attempt, Box::new(frame)));
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    let _ = tell.send(Happened::Closed(attempt, close.code.into(), close.reason.to_string()));
                    return;
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => {
                    let _ = tell.send(Happened::Closed(attempt, 1006, String::new()));
                    return;
                }
                Some(Ok(_)) => {}
            },
        }
    }
}

async fn stream(request: reqwest::RequestBuilder, attempt: Attempt, tell: mpsc::UnboundedSender<Happened>) {
    let ended = |failure| {
        let _ = tell.send(Happened::Ended(attempt, failure));
    };
    let mut response = match request.send().await {
        Ok(response) if response.status().is_success() => response,
        Ok(response) => return ended(Some(read::<()>(response).await.unwrap_err())),
        Err(_) => return ended(Some(RequestError::Unreachable)),
    };
    let _ = tell.send(Happened::Opened(attempt));
    let mut decoder = Decoder::default();
    loop {
        let bytes = match response.chunk().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return ended(None),
            Err(_) => return ended(Some(RequestError::Unreachable)),
        };
        let items = decoder.push(&bytes);
        if items.is_empty() {
            let _ = tell.send(Happened::Alive(attempt));
        }
        for item in items {
            let happened = match item {
                Item::Alive => Happened::Alive(attempt),
                Item::Data(data) => {
                    let frame = ServerFrame::parse(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
                    Happened::Frame(attempt, Box::new(frame))
                }
            };
            let _ = tell.send(happened);
        }
    }
}
