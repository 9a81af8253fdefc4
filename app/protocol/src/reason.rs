//! The stable reasons of errors, with their codes and English sentences.
//!
//! A sentence is a template; see [`fill`](crate::params::fill). The manual has a row for each reason, and each language of the page a
//! sentence; tests compare them. A browser contains only the sentences of the reasons that its own code gives.

use crate::{
    error::{ApiError, Code},
    params::{Param, Params, fill},
};

/// Begins a sentence about a provider: a vendor, or one that an administrator added.
macro_rules! who {
    ($($rest:expr),*) => { concat!("[{vendor}][The provider `{provider}`]", $($rest),*) };
}
/// A provider's own words, within a sentence.
macro_rules! quoted {
    () => {
        "[: “{quote}”][{?page}: it sent a web page instead of an answer[, “{page}”]]"
    };
}
/// Ends sentences that leave out the cause.
macro_rules! administrators {
    () => {
        "Administrators see the cause under Settings → Providers."
    };
}
macro_rules! easy_password {
    ($why:literal) => {
        concat!("This password is easy to guess: ", $why, ". Choose another, for example a few unrelated words.")
    };
}
macro_rules! readable_formats {
    () => {
        "Holdfast reads exports of Holdfast, ChatGPT, Claude, Gemini, Grok, DeepSeek, Open WebUI, LibreChat, LobeChat, HuggingChat, Jan and llama.cpp, and lists of messages with role and content, as JSON, JSON Lines, or the ZIP or gzip they came in, and Gemini’s activity page."
    };
}
macro_rules! readable {
    ($what:literal) => {
        concat!($what, " ", readable_formats!())
    };
}

/// Sentence that says which files can be imported.
pub const READABLE_FORMATS: &str = readable_formats!();

macro_rules! reasons {
    ($($name:ident = $text:literal, $code:ident, $sentence:expr;)*) => {
        /// Why a request or frame was refused, or why an answer failed. Finer than a [`Code`]. The text of a reason never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $sentence] $name,)*
        }
        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];
            /// Returns the reason as it is written in JSON.
            // These are inlined, so that a browser contains only what its own reasons need.
            #[inline(always)]
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$name => $text,)* }
            }
            /// Returns the code of errors with this reason.
            #[inline(always)]
            pub const fn code(self) -> Code {
                match self { $(Reason::$name => Code::$code,)* }
            }
            /// Returns the English sentence, as a template.
            #[inline(always)]
            pub const fn sentence(self) -> &'static str {
                match self { $(Reason::$name => $sentence,)* }
            }
            /// Returns the reason with this text, or `None` if there is none.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Reason::$name),)* _ => None }
            }
        }
    };
}

reasons! {
    // Ids.
    NotFound = "not_found", NotFound, "There is nothing with this id. It may have been removed: reload the list.";
    ConversationNotFound = "conversation_not_found", ConversationNotFound, "This conversation does not exist. Open one from the list, or start a new one.";
    MessageNotFound = "message_not_found", ConversationNotFound, "This message does not exist.";
    AnswerNotFound = "answer_not_found", ConversationNotFound, "This answer does not exist.";
    NothingToShare = "nothing_to_share", BadFrame, "This message does not exist in the conversation, so there is nothing to share.";

    // The form of requests.
    CallNotFound = "call_not_found", NotFound, "This call does not exist. See /api/docs for the calls of this server.";
    MethodNotAllowed = "method_not_allowed", BadFrame, "This address does not accept {method}. Use a method from the “Allow” header of this response.";
    PathMissing = "path_missing", BadFrame, "A request must name a path that begins with “/”.";
    HostMissing = "host_missing", BadFrame, "The request has no Host header. Send exactly one, such as: Host: chat.example.com";
    HostInvalid = "host_invalid", BadFrame, "The request has a Host header that is no host. Send exactly one, such as: Host: chat.example.com";
    HostRepeated = "host_repeated", BadFrame, "The request has several Host headers. Send exactly one, such as: Host: chat.example.com";
    AddressInvalid = "address_invalid", BadFrame, "The address is invalid: {detail}";
    AddressNotText = "address_not_text", BadFrame, "The name in the address is not valid text. Encode it as UTF-8 with percent-encoding.";
    BodyNotJson = "body_not_json", BadFrame, "Send the body as JSON, with “Content-Type: application/json”.";
    BodyEncoded = "body_encoded", BadFrame, "Send the body as it is, without “Content-Encoding”.";
    BodyInvalid = "body_invalid", BadFrame, "The body is invalid: {detail}.";
    BodyIncomplete = "body_incomplete", BadFrame, "The body did not arrive completely. Send it again.";
    BodyTooSlow = "body_too_slow", BadFrame, "The body did not come within {seconds} s. Send it again over a faster connection, or in parts.";
    BodyTooLarge = "body_too_large", TooLarge, "The body is larger than {kib} KiB. Send it in parts.";
    BodyTooLargeBeforeSignIn = "body_too_large_before_sign_in", TooLarge, "The body is larger than {kib} KiB. Sign in first: the limit is higher then.";
    CursorInvalid = "cursor_invalid", BadFrame, "This cursor is invalid. Leave it out for the first page.";
    HaveInvalid = "have_invalid", BadFrame, "have must be a JSON object {answer_id: bytes}, and have_steps {answer_id: [bytes]}, both URL-encoded.";
    ShareDays = "share_days", BadFrame, "A link is valid for 1 to 365 days.";
    TextTooLong = "text_too_long", BadFrame, "The {field} has at most {most} characters, without line breaks.";
    TextHasControls = "text_has_controls", BadFrame, "The {field} has no line breaks or control characters. Take out U+{character}, or type it anew instead of pasting it.";
    TextHasInvisibles = "text_has_invisibles", BadFrame, "The {field} has no invisible characters, nor any that turn the direction of text. Take out U+{character}, or type it anew instead of pasting it.";
    SettingsInvalid = "settings_invalid", BadFrame, "The settings are invalid: {detail}.";
    SettingBounds = "setting_bounds", BadFrame, "The setting `{setting}` must be from {least} to {most}.";
    InstructionsTooLong = "instructions_too_long", BadFrame, "Instructions have at most {most} characters. Shorten them.";
    StopInvalid = "stop_invalid", BadFrame, "The setting `stop` has at most {most} texts, each of 1 to {longest} characters.";
    MonthInvalid = "month_invalid", BadFrame, "A month is written as four digits of the year, a hyphen and two of the month, such as 2026-12.";
    PricesInvalid = "prices_invalid", BadFrame, "The prices are invalid: {detail}.";
    BudgetTooLarge = "budget_too_large", BadFrame, "A budget is at most {money} units of the currency, and at most {tokens} tokens.";
    ProjectNotFound = "project_not_found", NotFound, "This project does not exist. Choose one from the list.";
    ProjectNameEmpty = "project_name_empty", BadFrame, "A project has a name of 1 to {most} characters.";
    TooManyProjects = "too_many_projects", NotAllowed, "You have {most} projects, which is the limit. Delete one first.";
    TooManyProjectFiles = "too_many_project_files", BadFrame, "A project has at most {most} files. Remove some first.";
    TitleEmpty = "title_empty", BadFrame, "A title has 1 to 200 characters.";

    // Origins, and programs in front of the server.
    OriginForeign = "origin_foreign", OriginNotAllowed, "The page's origin {origin} is not this server's. Accepted would have been: {accepted}. To allow it: {fix}";
    OriginUnknownName = "origin_unknown_name", OriginNotAllowed, "{origin} is not known as an address of this server, so a foreign page could be behind it (DNS rebinding). If people open this server there, set: {fix}";
    OriginOtherPort = "origin_other_port", OriginNotAllowed, "The page's origin is {origin}, but this server was asked as {accepted}. A proxy in front seems to drop the port or the scheme. Set: {fix} (or in nginx: proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;)";
    UpgradeMissing = "upgrade_missing", BadFrame, "This address is for WebSockets, but the request is not one ({detail}). If a browser's socket led here, a proxy in front removed the upgrade. {fix}";
    ProxySignIn = "proxy_sign_in", AuthRequired, "Something in front of the server asks you to sign in. Reload the page.";
    ProxyTooLarge = "proxy_too_large", TooLarge, "Something in front of the server rejects data this large. Send less, or raise its limit to 256 MB: client_max_body_size in nginx (1 MB if it is not set), LimitRequestBody in Apache. The manual has the line for each proxy.";
    ProxyTooSlow = "proxy_too_slow", Busy, "Something in front of the server does not wait until all data has arrived. Raise its timeout: client_body_timeout in nginx, RequestReadTimeout in Apache, readTimeout in Traefik.";
    ProxyCut = "proxy_cut", TooLarge, "The connection was cut while sending, although the server can be reached. Usually something in front of it rejects data this large: raise client_max_body_size in nginx, LimitRequestBody in Apache.";
    ProxyUnreachable = "proxy_unreachable", Busy, "Something in front of the server can't reach it now. Try again in a moment.";
    ProxyAnswered = "proxy_answered", Internal, "Something in front of the server answered in its place. Reload the page. If that does not help, look at its log.";

    // What a client finds by itself.
    ServerUnreachable = "server_unreachable", Busy, "The server can't be reached just now. Try again when you are connected.";
    ReplyNotUnderstood = "reply_not_understood", Internal, "The server's reply was not understood. Reload the page: there may be a newer version.";
    OutboxNotStored = "outbox_not_stored", Internal, "This browser keeps nothing for this page, so what is queued is lost when the page is closed.";
    ConnectionClosed = "connection_closed", Internal, "The server closed the connection. Try again.";
    ConnectionRefused = "connection_refused", Internal, "The server refused the connection.";

    // Access tokens.
    TokenMissing = "token_missing", AuthRequired, "This call needs the header “Authorization: Bearer …” with an access token. POST /api/auth/login or /api/auth/guest returns one.";
    AuthorizationInvalid = "authorization_invalid", TokenMalformed, "The Authorization header must be “Bearer”, a space and the access token.";
    TokenEmpty = "token_empty", TokenMalformed, "The token is empty: the client sent it before it had one. Get one from POST /api/auth/login or /api/auth/guest first.";
    TokenPlaceholder = "token_placeholder", TokenMalformed, "The token is the text “{text}”: the client sent it before it had one. Get one from POST /api/auth/login or /api/auth/guest first.";
    TokenNoToken = "token_no_token", TokenMalformed, "This is no token: a token has three parts with dots between. Send what POST /api/auth/login gave as access_token, whole.";
    TokenSignatureWrong = "token_signature_wrong", TokenInvalid, "The token was not made by this server: its signature does not fit. Sign in again; if the server's secret was changed, everyone has to.";
    TokenOfOther = "token_of_other", TokenInvalid, "The token was not made by this server: it is meant for another. Sign in again; if the server's secret was changed, everyone has to.";
    TokenAlgorithmWrong = "token_algorithm_wrong", TokenInvalid, "The token was not made by this server: it is signed in another way. Sign in again; if the server's secret was changed, everyone has to.";
    TokenExpired = "token_expired", TokenExpired, "The token has expired. Get a fresh one from POST /api/auth/refresh, or sign in again.";

    // Sessions.
    NoSession = "no_session", AuthRequired, "There is no session. Sign in, or start as a guest.";
    SessionEnded = "session_ended", SessionRevoked, "This session has ended: it was signed out, or its user was removed. Sign in again.";
    SessionExpired = "session_expired", SessionRevoked, "Your sign-in has expired. Sign in again.";
    SignedOutElsewhere = "signed_out_elsewhere", SessionRevoked, "You were signed out from another device or tab. Sign in again.";
    SignedOutByAdministrator = "signed_out_by_administrator", SessionRevoked, "An administrator signed you out here. Sign in again.";
    AccountRemoved = "account_removed", SessionRevoked, "This account and everything in it were removed.";
    AccountSuspended = "account_suspended", SessionRevoked, "This account was suspended[: {why}]. Ask an administrator.";

    // Signing in and signing up.
    CredentialsWrong = "credentials_wrong", AuthRequired, "Name or password is wrong.";
    SecondFactorNeeded = "second_factor_needed", SecondFactorRequired, "This account uses two-factor authentication: also enter the code that your app shows.";
    SignInCodeWrong = "sign_in_code_wrong", AuthRequired, "This code is wrong, or was already used. Enter the code that your app shows now.";
    GuestsOff = "guests_off", AuthRequired, "This server accepts no guests. Sign in, or create an account.";
    InvitationNeeded = "invitation_needed", AuthRequired, "You need an invitation to create an account here. Ask an administrator for one.";
    SignUpClosed = "sign_up_closed", AuthRequired, "This server accepts no new accounts. Ask an administrator.";
    InvitationUsedUp = "invitation_used_up", AuthRequired, "This invitation is used up. Ask for a new one.";
    InvitationExpired = "invitation_expired", AuthRequired, "This invitation has expired. Ask for a new one.";
    InvitationUnknown = "invitation_unknown", AuthRequired, "This invitation does not exist: it was withdrawn, or the link is incomplete. Ask for a new one.";
    NameLength = "name_length", BadFrame, "A name has 1 to {most} characters, without line breaks.";
    NameMixesScripts = "name_mixes_scripts", BadFrame, "A name has letters of one script, because letters of two scripts can look alike. Type all of it on one keyboard. Latin letters together with Chinese, Japanese or Korean ones are allowed.";
    NameTaken = "name_taken", BadFrame, "This name is taken. Choose another, or sign in.";
    PasswordLength = "password_length", BadFrame, "A password has 8 to 1024 characters. A few words are better than many symbols.";
    PasswordHasName = "password_has_name", BadFrame, easy_password!("it is made of the name, or of Holdfast's");
    PasswordCommon = "password_common", BadFrame, easy_password!("many people have it");
    PasswordLikeCommon = "password_like_common", BadFrame, easy_password!("it is close to one that many people have");
    PasswordKeys = "password_keys", BadFrame, easy_password!("its keys lie beside each other");
    PasswordRepeats = "password_repeats", BadFrame, easy_password!("it says the same again and again");
    PasswordSequence = "password_sequence", BadFrame, easy_password!("it goes on as one expects");
    PasswordDate = "password_date", BadFrame, easy_password!("it is a date");
    PasswordWord = "password_word", BadFrame, easy_password!("it is a word by itself");
    PasswordPersonalName = "password_personal_name", BadFrame, easy_password!("it is a name");
    PasswordGuessable = "password_guessable", BadFrame, easy_password!("it is found within a million tries");
    PasswordNotChecked = "password_not_checked", Internal, "The server could not check this password now. Try again.";
    PasswordLinkInvalid = "password_link_invalid", NotAllowed, "This link was used, has expired, or was replaced. Ask for a new one.";
    FirstAdministratorLinkInvalid = "first_administrator_link_invalid", NotAllowed, "This link was used, or is from an earlier start. Restart the server for a new one. It prints one only while there is no administrator.";

    // Signing in through another provider.
    SignInMethodNotFound = "sign_in_method_not_found", NotFound, "This sign-in method does not exist here. Choose another.";
    SignInNotBegun = "sign_in_not_begun", AuthRequired, "This answer does not belong to a sign-in that was started in this browser. Allow cookies for this page, and start again here.";
    SignInTooLate = "sign_in_too_late", AuthRequired, "That sign-in took longer than 10 minutes, or was already used. Start again.";
    SignInDenied = "sign_in_denied", AuthRequired, "{provider} did not let you in: you cancelled there, or you may not sign in here. Try again, or choose another sign-in method.";
    SignInUnreachable = "sign_in_unreachable", ProviderUnavailable, "{provider} can't be reached now. Try again later, or choose another sign-in method.";
    SignInMisunderstood = "sign_in_misunderstood", ProviderRefused, "{provider} and this server don't understand each other. Tell an administrator: the server's log says why.";
    SignInForgotten = "sign_in_forgotten", AuthRequired, "{provider} does not know that sign-in any more. Start again.";
    SignInUnverified = "sign_in_unverified", TokenInvalid, "What {provider} sent could not be verified, so you are not signed in. Try again. If it happens again, tell an administrator.";
    SignInNotConfirmed = "sign_in_not_confirmed", AuthRequired, "{provider} did not confirm that you signed in there just now, which this action needs. Sign out at {provider}, and try again. If it happens again, tell an administrator: the server's log says why.";
    SignInClocksDiffer = "sign_in_clocks_differ", TokenExpired, "The clocks of {provider} and of this server differ. Ask an administrator to set the server's clock.";
    SignInNoAccount = "sign_in_no_account", NotAllowed, "You have no account here yet, and this server accepts no new accounts. Ask an administrator.";
    SignInNotInvited = "sign_in_not_invited", NotAllowed, "You have no account here yet, and a new one needs an invitation. Open the link of your invitation, and sign in from there.";
    SignInInvitationInvalid = "sign_in_invitation_invalid", NotAllowed, "This invitation is used up, has expired or was withdrawn. Ask for a new one.";
    IdentityTaken = "identity_taken", NotAllowed, "Your account at {provider} is linked with another account here. Unlink it there first, or use another account at {provider}.";
    IdentityOther = "identity_other", NotAllowed, "This account is already linked with another account at {provider}. Unlink that first.";

    // One's own account.
    PasswordWrong = "password_wrong", NotAllowed, "The current password is wrong.";
    SignInTooOld = "sign_in_too_old", NotAllowed, "Your last sign-in is too long ago. Sign in again first to confirm that it is you.";
    CodeWrong = "code_wrong", NotAllowed, "This code is wrong, or was already used. Enter the code that your app shows now.";
    TwoFactorOn = "two_factor_on", NotAllowed, "This account already has two-factor authentication.";
    TwoFactorNeedsPassword = "two_factor_needs_password", NotAllowed, "This account has no password. Turn on two-factor authentication at your sign-in provider, or set a password first.";
    LastSignInMethod = "last_sign_in_method", NotAllowed, "This is your only sign-in method. Set a password first.";
    GuestWithoutName = "guest_without_name", NotAllowed, "A guest has no name and no password. Create an account first.";
    GuestWithoutPassword = "guest_without_password", NotAllowed, "A guest has no password. Create an account first.";
    GuestWithoutAccount = "guest_without_account", NotAllowed, "A guest has no account yet. Sign in through the provider to get one.";
    GuestWithoutKeys = "guest_without_keys", NotAllowed, "A guest can't store a key. Create an account first.";

    // Administration.
    AdministratorsOnly = "administrators_only", NotAllowed, "Only administrators may do this.";
    LastAdministrator = "last_administrator", NotAllowed, "This is the only administrator. Make another user an administrator first.";
    RoleGuest = "role_guest", BadFrame, "An account is a member's or an administrator's. It can't become a guest's.";
    TwoFactorOwnerOnly = "two_factor_owner_only", BadFrame, "Only the owner of an account can turn on two-factor authentication. Administrators can only reset it.";
    TwoFactorOwn = "two_factor_own", NotAllowed, "Turn off your own two-factor authentication under Settings → Account, with your password and a code.";
    InvitationBounds = "invitation_bounds", BadFrame, "An invitation has a note of at most 100 characters, 1 to 1000 uses, and 1 to 365 days.";
    InvitationsOff = "invitations_off", NotAllowed, "This server accepts no new accounts, so invitations do not work. To allow them, set HOLDFAST_SIGNUP=invitation and restart the server.";
    LimitFixed = "limit_fixed", NotAllowed, "The limit {limit} comes from the server's configuration ({origin}), which wins. Change it there.";
    LimitBounds = "limit_bounds", BadFrame, "A limit is a number from 1 to {most}. For storage, 0 means unlimited.";
    ProviderNameInvalid = "provider_name_invalid", BadFrame, "A provider's name has 1 to 32 characters of a-z, 0-9 and -, for example `groq`.";
    ProviderNameTaken = "provider_name_taken", BadFrame, "There is already a provider with this name. Choose another name.";
    ProviderModelsInvalid = "provider_models_invalid", BadFrame, "A model's name has 1 to 200 characters. At most 2000 models can be changed at once.";
    ProviderConfigured = "provider_configured", NotAllowed, "This provider is part of the server's configuration. Change its address and key there.";
    ProviderSettingsInvalid = "provider_settings_invalid", BadFrame, "{detail}";
    ProviderAddressHasSecrets = "provider_address_has_secrets", BadFrame, "The address must have no name, password or query in it. Give the key as the key.";
    ProviderAddressInvalid = "provider_address_invalid", BadFrame, "The address must be one such as https://api.groq.com/openai/v1 or http://127.0.0.1:8080/v1.";
    KeyInvalid = "key_invalid", BadFrame, "A key has at most {most} characters, none of them a space or a line break. Copy it again.";
    KeyEmpty = "key_empty", BadFrame, "The key is empty. Paste it whole.";
    KeyNotEncrypted = "key_not_encrypted", Internal, "The key could not be encrypted, so it was not stored. Try again.";
    OwnKeysOff = "own_keys_off", NotAllowed, "Users can't use their own keys for the provider `{provider}` here. Leave it out of api_keys, or ask an administrator to allow it.";

    ProviderHidden = "provider_hidden", ProviderRefused, "A provider that is configured has the same name, and counts. Remove this one, or that.";

    // Frames and sockets.
    FrameInvalid = "frame_invalid", BadFrame, "Not a frame: {detail}.";
    FrameTypeUnknown = "frame_type_unknown", UnknownType, "There is no frame of the type \"{type}\". There are: {types}.";
    FrameTooLarge = "frame_too_large", TooLarge, "The frame has {bytes} bytes. The maximum is {most}.";
    FrameBinary = "frame_binary", BadFrame, "Frames are text, but this one was binary.";
    FrameNotText = "frame_not_text", BadFrame, "A text frame must be UTF-8.";
    FrameViolation = "frame_violation", BadFrame, "This is no frame of the WebSocket protocol: {detail}.";
    FramesTooFast = "frames_too_fast", RateLimited, "More than {most} frames a second.";
    BytesTooFast = "bytes_too_fast", RateLimited, "More than {most} bytes a second.";
    TooMuchBeforeSignIn = "too_much_before_sign_in", TooLarge, "More than {most} bytes arrived before authentication. Send only “initial” with the token first.";
    SocketNotAuthenticated = "socket_not_authenticated", AuthTimeout, "The socket did not authenticate within {seconds} s. Send {\"type\":\"initial\",\"token\":…} first.";
    FirstFrameNotInitial = "first_frame_not_initial", AuthRequired, "The first frame must authenticate: {\"type\":\"initial\",\"token\":…}.";
    AlreadyAuthenticated = "already_authenticated", BadFrame, "This socket is already authenticated. Send `auth` to renew the token.";
    UserIdWrong = "user_id_wrong", UserMismatch, "user_id is not the user of the token. Leave it out, or send the token of that user.";
    TokenOfOtherSession = "token_of_other_session", UserMismatch, "The new token belongs to another session. Open a new socket with it.";
    TooManyFollowed = "too_many_followed", Busy, "A socket can follow at most {most} conversations. Close one.";
    SessionIdInvalid = "session_id_invalid", BadFrame, "A session_id has 1 to 128 characters of A-Z, a-z, 0-9, _ and -.";

    // Messages.
    MessageIdMissing = "message_id_missing", BadFrame, "The message has no message_id.";
    MessageEmpty = "message_empty", BadFrame, "The message is empty. Write something.";
    MessageTooLong = "message_too_long", TooLarge, "The message has {bytes} bytes. The maximum is {most}. Send it in parts.";
    ConversationFull = "conversation_full", TooLarge, "This conversation has reached its maximum of 64 MB. Start a new conversation. You can still read and export this one.";
    IdUsed = "id_used", MessageConflict, "This {field} was used for another message. Create a new one (a random UUID) for each message.";
    NothingToContinue = "nothing_to_continue", BadFrame, "This answer is complete, so there is nothing to continue. Ask for more in a new message.";
    ConversationUnsteady = "conversation_unsteady", Internal, "The conversation changed too fast to be read. Try again.";

    // Limits.
    TooManyAttempts = "too_many_attempts", RateLimited, "Too many attempts from here.";
    TooManyCodes = "too_many_codes", RateLimited, "Too many codes were tried.";
    TooManyMessages = "too_many_messages", RateLimited, "Too many messages in a minute.";
    TooManyConversations = "too_many_conversations", RateLimited, "Too many conversations were begun in a minute.";
    TooManyShares = "too_many_shares", RateLimited, "Too many links were made in a minute.";
    TooManyChanges = "too_many_changes", RateLimited, "Too many changes in a minute.";
    TooManySearches = "too_many_searches", RateLimited, "Too many searches are running now.";
    TooManyAnswers = "too_many_answers", Busy, "{most} answers are already being written for you. Wait for one, or stop one.";
    TooManyConnections = "too_many_connections", Busy, "You have the maximum number of connections open ({most}). Close a tab.";
    TooManyUnauthenticated = "too_many_unauthenticated", Busy, "Too many connections have not authenticated yet. Try again in a moment.";
    TooManyFromNetwork = "too_many_from_network", Busy, "Your network has the maximum number of connections open. Close some, or try again later.";
    TooManyOpen = "too_many_open", Busy, "The server has the maximum number of connections open. Try again later.";
    TooManyReading = "too_many_reading", Busy, "Too many long conversations are being read now. Try again in a moment.";
    TooManyRendering = "too_many_rendering", Busy, "Too many pages are being rendered now. Reload this one in a moment.";
    BudgetUsedUp = "budget_used_up", QuotaExceeded, "Your budget for this month is used up. It starts again on {date}. Until then, ask an administrator for more, or choose a model that is free.";
    BudgetTooSmall = "budget_too_small", QuotaExceeded, "What is left of your budget for this month is too little for this answer. The budget starts again on {date}. Until then, choose a cheaper model, start a new conversation, which sends less to the model, or ask an administrator for more.";
    GuestStorageFull = "guest_storage_full", QuotaExceeded, "Your storage is full: {used_mb} of {quota_mb} MB are used. Delete conversations or files that you no longer need, or sign up: an account may store more.";
    AccountStorageFull = "account_storage_full", QuotaExceeded, "Your account's storage is full: {used_mb} of {quota_mb} MB are used. Delete conversations or files that you no longer need, or ask an administrator for more.";
    ServerStorageFull = "server_storage_full", QuotaExceeded, "The server's storage is full: {used_mb} of {quota_mb} MB are used. Delete conversations or files that you no longer need, and tell an administrator.";

    // Imports.
    ImportRunning = "import_running", Busy, "Another file of yours is being imported. Wait until it is done.";
    ImportsBusy = "imports_busy", Busy, "Other files are being imported now. Try again in a moment.";
    FileEmpty = "file_empty", BadFrame, readable!("The file is empty. Load it down again.");
    FileTar = "file_tar", BadFrame, readable!("This is a tar archive. Unpack it, and choose the JSON in it or a ZIP.");
    FileOtherArchive = "file_other_archive", BadFrame, readable!("This archive is no ZIP. Unpack it, and choose the JSON in it.");
    FileZipBroken = "file_zip_broken", BadFrame, readable!("This ZIP is empty, or a part of one.");
    FileDatabase = "file_database", BadFrame, readable!("This is a database. Export the conversations as JSON instead.");
    FileTable = "file_table", BadFrame, readable!("This is neither JSON nor a ZIP, but perhaps a table (CSV), which can't be read.");
    FileUnknown = "file_unknown", BadFrame, readable!("This is neither JSON nor a ZIP.");
    FileIncomplete = "file_incomplete", BadFrame, "The file did not arrive completely. Send it again.";
    FileTooLarge = "file_too_large", TooLarge, "The file is larger than 256 MiB. Import only the conversations.json in it, or import it in parts.";
    FileTooSlow = "file_too_slow", Busy, "The file arrives too slowly, with less than 16 KiB a second. Send it over a faster connection, or in parts.";
    FileNoRoom = "file_no_room", Internal, "The server has no room for this file now. Try again later, or in parts.";

    // Files.
    UploadLengthMissing = "upload_length_missing", BadFrame, "Name the size of the file in the header Upload-Length, or send the whole file as multipart/form-data.";
    UploadVersionUnknown = "upload_version_unknown", BadFrame, "This server speaks version 1.0.0 of the tus protocol. Send “Tus-Resumable: 1.0.0”.";
    UploadOffsetWrong = "upload_offset_wrong", BadFrame, "This file has {at} bytes here. Ask with HEAD how many there are, and go on from there.";
    UploadChecksumInvalid = "upload_checksum_invalid", BadFrame, "Upload-Checksum must be sha1 or sha256, a space, and the checksum in Base64.";
    UploadChecksumWrong = "upload_checksum_wrong", BadFrame, "This part of the file has another checksum: it was changed on the way. Send it again.";
    UploadTooLong = "upload_too_long", TooLarge, "More bytes arrive than the {bytes} that were announced. Upload the file anew.";
    UploadTooLarge = "upload_too_large", TooLarge, "A file has at most {mib} MB here. Upload it in parts.";
    UploadBusy = "upload_busy", Busy, "Another request is still writing this file. Try again in a moment.";
    UploadPartMissing = "upload_part_missing", BadFrame, "The form contains no file. Send one, such as: curl -F file=@lecture.pdf";
    TooManyFiles = "too_many_files", QuotaExceeded, "You have the maximum number of files ({most}). Delete some that you no longer need.";
    TooManyAttachments = "too_many_attachments", BadFrame, "A message has at most {most} attached files. Send several messages.";
    FileNameEmpty = "file_name_empty", BadFrame, "A file's name has 1 to 200 characters.";
    FileNotComplete = "file_not_complete", BadFrame, "Not all of this file has arrived yet. Continue the upload.";
    FileNotStored = "file_not_stored", Internal, "The server can't read or write this file now. Try again in a moment.";
    FileRangeInvalid = "file_range_invalid", BadFrame, "The file has {bytes} bytes, so there is nothing in this range.";
    PageNotFound = "page_not_found", NotFound, "This file has no such page, or nothing on it could be read.";
    PageNotReadYet = "page_not_read_yet", Busy, "This page is not read yet. Try again in a moment.";

    // The server's own state.
    ServerRestarting = "server_restarting", Busy, "The server is restarting. Try again in a moment.";
    MessageWaitsForRestart = "message_waits_for_restart", Busy, "The server is restarting. The message is sent when it is back.";
    Restarted = "restarted", Restarted, "The server was restarted while this was being written. What was there is kept; “continue” goes on from it.";
    SearchTooLong = "search_too_long", Busy, "This search took too long and was ended. Look for a longer word, or for more words.";
    StoreBusy = "store_busy", Busy, "The server is overloaded. Try again in a moment.";
    StoreFailed = "store_failed", Internal, "The server can't read or write its data now. Nothing is lost. Try again in a moment.";
    DiskFull = "disk_full", DiskFull, "The server's disk is full, so it can't save anything new. Nothing is lost: what you wrote waits here and is sent when there is room. Tell an administrator.";
    AnswerWaitsForDisk = "answer_waits_for_disk", DiskFull, "The server's disk is full, so it can't save the answer. Nothing is lost: the message is kept, and its answer is saved once there is room. Send the message again then, with the same message_id, to get it. Tell an administrator.";
    AnswerNotSaved = "answer_not_saved", Internal, "The server can't save the answer just now. The message is kept. Send it again later, with the same message_id, to get its answer.";
    TryAgain = "try_again", Internal, "The server could not do this now. Try again.";
    ServerError = "server_error", Internal, "The server made an error, which is in its log. Try again.";

    // The choice of provider and model.
    ProviderNotFound = "provider_not_found", ModelNotFound, "There is no provider `{provider}`.[ Choose one of: {providers}.]";
    ProviderNotAnswering = "provider_not_answering", ProviderUnavailable, "{vendor} does not answer. Try again, or choose another provider.";
    ProviderNotSetUp = "provider_not_set_up", ProviderUnavailable, "{vendor} is not set up here. Choose another provider.";
    ProviderHasNoModels = "provider_has_no_models", ModelNotFound, "The provider `{provider}` lists no model to answer with. Name one, load one there, or choose another provider.";
    ModelNotFound = "model_not_found", ModelNotFound, "No provider has a model `{model}`.[ There is: {models}[ and {more} more].]";
    ModelNotAtProvider = "model_not_at_provider", ModelNotFound, "The provider `{provider}` has no model `{model}`.[ There is: {models}[ and {more} more].]";
    ModelAmbiguous = "model_ambiguous", ModelNotFound, "No provider lists a model `{model}`, and several may have it. Say which one is meant: {models}.";
    BuiltinModelNotFound = "builtin_model_not_found", ModelNotFound, "The built-in provider has `quote`, `echo` and `echo-N-I` (N words up to {words}, one every I ms up to {ms}), but no model `{model}`.";
    EchoNotForGuests = "echo_not_for_guests", ModelNotFound, "Guests can't use `echo-N-I` here. Sign in, or choose another model.";
    EchoTooLong = "echo_too_long", ModelNotFound, "`echo-N-I` can have at most {most} words here. Choose a smaller N.";
    EchoTooLongForGuest = "echo_too_long_for_guest", ModelNotFound, "`echo-N-I` can have at most {most} words here for a guest with no pause between them. Choose a smaller N.";
    DeploymentNameInvalid = "deployment_name_invalid", ModelNotFound, "A deployment's name has letters, digits, dashes, dots and underscores only. Choose another model.";
    ProviderUnusable = "provider_unusable", ProviderRefused, concat!("The provider `{provider}` can't be used as it is set up. Choose another one. ", administrators!());
    OwnKeyUnconfirmed = "own_key_unconfirmed", ProviderRefused, "The address of `{provider}` was changed, so your key for it is not sent. Confirm it under Settings → Models, or enter another one there.";
    OwnKeyUnreadable = "own_key_unreadable", ProviderRefused, "Your key for `{provider}` can't be read any more, for the server's secret was changed. Enter it again under Settings → Models.";
    KeyUnreadable = "key_unreadable", ProviderRefused, "The key of `{provider}` can't be read any more, for the server's secret was changed. An administrator must enter it again under Settings → Providers.";

    // What a provider refuses.
    ProviderKeyRefused = "provider_key_refused", ProviderRefused, who!(" does not accept this server's key", quoted!(), ". Choose another model. ", administrators!());
    OwnKeyRefused = "own_key_refused", ProviderRefused, concat!("Your key for `{provider}` was refused by its provider", quoted!(), ". It is wrong, has expired, or may not do this. Enter another under Settings → Models, or remove it there.");
    ProviderKeyMissing = "provider_key_missing", ProviderRefused, who!(" asks for a key, and has none", quoted!(), ". Choose another model. ", administrators!());
    ProviderCreditUsedUp = "provider_credit_used_up", ProviderRefused, concat!("This server's account at [{vendor}][the provider `{provider}`] has no credit left", quoted!(), ". Choose another model. ", administrators!());
    OwnCreditUsedUp = "own_credit_used_up", ProviderRefused, concat!("The account behind your key for `{provider}` has no credit left, or has used up its quota", quoted!(), ". Raise it at its provider.");
    ProviderRefusedRequest = "provider_refused_request", ProviderRefused, who!(" refused the request with status {status}", quoted!(), ". Try again, or choose another model. ", administrators!());
    ProviderRefusedContent = "provider_refused_content", ContentFiltered, who!(" refused the request because of its rules on content", quoted!(), ". Ask in other words, or choose another model.");
    ProviderRefusedLength = "provider_refused_length", ContextFull, who!(" takes no conversation as long as this one", quoted!(), ". Begin another, or choose a model that takes more.");
    ProviderNeedsOtherApi = "provider_needs_other_api", ProviderRefused, who!(" answers[ with `{model}`] only by the Responses API (/v1/responses), and refused that as well", quoted!(), ". Choose another model.");
    ProviderLacksModel = "provider_lacks_model", ModelNotFound, who!(" has no model `{model}`", quoted!(), ". Choose another one.");
    ProviderRateLimited = "provider_rate_limited", ProviderRefused, who!(" takes no more requests for now", quoted!(), ". Try again in a while.");
    ProviderRateLimitedFor = "provider_rate_limited_for", ProviderRefused, who!(" takes no more requests for now", quoted!(), ". Try again in {wait}.");
    LastMessageTooLong = "last_message_too_long", ContextFull, "The last message alone does not fit the window[ of {tokens} tokens] that `{model}` has. Shorten it, or choose a model with a larger window.";

    // How a provider fails.
    ProviderUnreachable = "provider_unreachable", ProviderUnavailable, who!(" can't be reached. Try again, or choose another model. ", administrators!());
    ProviderMisconfigured = "provider_misconfigured", ProviderUnavailable, who!(" does not work as it is set up. Choose another model. ", administrators!());
    ProviderFailed = "provider_failed", ProviderUnavailable, who!(" failed[ with status {status}]", quoted!(), ". Try again, or choose another model. ", administrators!());
    ProviderLoading = "provider_loading", ProviderUnavailable, who!(" is loading the model", quoted!(), ". Try again in a while.");
    ProviderTooSlow = "provider_too_slow", ProviderUnavailable, who!(" did not begin to answer within {seconds} s. Try again, or choose a smaller model.");
    ProviderListTooSlow = "provider_list_too_slow", ProviderUnavailable, "The provider `{provider}` did not list its models within {seconds} s.";
    ProviderListGone = "provider_list_gone", ProviderUnavailable, "The provider `{provider}` lists no models any more. Its last list is used.";
    ProviderEncoding = "provider_encoding", ProviderUnavailable, who!(" compressed its answer as `{encoding}`, which was not asked for and can't be read here. Choose another model. ", administrators!());
    ProviderSentPage = "provider_sent_page", ProviderUnavailable, who!(" sent a web page instead of an answer. Try again, or choose another model. ", administrators!());
    ProviderLoadsModel = "provider_loads_model", Busy, who!(" is loading the model. That can take minutes.");
    ProviderSilent = "provider_silent", Busy, who!(" has not begun to answer yet. It may be loading the model, or have others to answer first.");
    TestTooSlow = "test_too_slow", ProviderUnavailable, "It did not answer within {seconds} s. It may be loading a large model: try again.";
    TestListTooSlow = "test_list_too_slow", ProviderUnavailable, "It did not list its models within {seconds} s. Name one under Models here, and try again.";
    TestWithoutList = "test_without_list", ModelNotFound, "It answers, and lists no models. Name one under Models here, and try again.";
    TestWithoutModel = "test_without_model", ModelNotFound, "It answers, and has no model to answer with. Load one there, or name one here.";
    TestWithoutText = "test_without_text", ProviderUnavailable, "It answered, but without a word.";

    // How an answer ends early.
    AnswerEmpty = "answer_empty", EmptyAnswer, "The model wrote nothing. Try again, or choose another model.";
    AnswerOnlyReasoning = "answer_only_reasoning", EmptyAnswer, "The model thought, and then wrote nothing. Try again, or choose another model.";
    AnswerPicture = "answer_picture", EmptyAnswer, "The model answered with a picture, which can't be shown here yet. Ask it for text.";
    AnswerOnlyTool = "answer_only_tool", EmptyAnswer, "The model wants to use a tool, and has none here. Ask in other words, or choose another model.";
    AnswerNeedsTool = "answer_needs_tool", ToolFailed, "The model wants to use a tool, and has none here. Tell it what is missing, or choose another model.";
    AnswerDeclined = "answer_declined", ModelRefused, "The model declined to answer, and gave no reason. Ask in other words, or choose another model.";
    AnswerFiltered = "answer_filtered", ContentFiltered, who!(" held back the answer because of its rules on content. Ask in other words, or choose another model.");
    AnswerRestFiltered = "answer_rest_filtered", ContentFiltered, who!(" held back the rest because of its rules on content. Ask in other words, or choose another model.");
    OutputLimit = "output_limit", LengthLimit, "The answer has reached the model's output limit. Continue it, or ask for a shorter one.";
    OutputLimitWithoutText = "output_limit_without_text", LengthLimit, "The model has used up its output limit before it wrote a word. Ask for less, or choose another model.";
    WindowFilled = "window_filled", LengthLimit, "The conversation has filled the model's window. Begin another, or choose a model that takes more.";
    AnswerTooLong = "answer_too_long", LengthLimit, "The answer has reached 8 MiB, the longest that there may be. Ask for the rest in a new message.";
    ReasoningTooLong = "reasoning_too_long", ProviderUnavailable, who!(" thought for more than 8 MiB and was ended. Ask something smaller, or choose another model.");
    AnswerFailed = "answer_failed", ProviderUnavailable, who!(" failed in the middle of the answer", quoted!(), ". Ask it to continue.");
    AnswerBrokeOff = "answer_broke_off", ProviderUnavailable, who!(" broke off in the middle of the answer. Ask it to continue.");
    AnswerFellSilent = "answer_fell_silent", ProviderUnavailable, who!(" fell silent for {seconds} s in the middle of the answer. Ask it to continue.");
}

/// Sentences around the sentence of another reason, for errors that have the first value in them. Any reason about the choice of a model can
/// have these values.
pub const AROUND: [(&str, &str); 3] = [
    ("list_age", "{sentence} The models are those of its last list, of {list_age}."),
    ("default_model", "The default model `{default_model}` can't be used: {sentence} Or choose another model."),
    (
        "last_model",
        "This conversation is answered by `{last_model}`[ of the provider `{last_provider}`], which can't be asked now. {sentence} Choose another model to go on here.",
    ),
];

impl Reason {
    /// Returns the English sentence with these values. `cause` is a sentence for administrators that takes the place of the reason's own.
    pub(crate) fn filled(self, params: &Params) -> String {
        let value = |name: &str| params.get(name).map(Param::to_string);
        let sentence = value("cause").unwrap_or_else(|| fill(self.sentence(), &value).0);
        AROUND.iter().filter(|(name, _)| params.get(name).is_some()).fold(sentence, |sentence, (_, around)| {
            fill(around, &|name| if name == "sentence" { Some(sentence.clone()) } else { value(name) }).0
        })
    }

    /// Returns the error, without values.
    #[inline(always)]
    pub fn error(self) -> ApiError {
        ApiError::of(self.code(), self.as_str(), self.sentence())
    }

    /// Returns the error with one value; [`ApiError::with`] adds more.
    pub fn with(self, name: &'static str, value: impl Into<Param>) -> ApiError {
        self.error().with(name, value)
    }
}

impl From<Reason> for ApiError {
    fn from(reason: Reason) -> Self {
        reason.error()
    }
}

// Written by hand: the derive does not see names that a macro inserts.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Reason {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "Why a request or frame was refused, or why an answer failed. Finer than the code. The text of a reason never changes. Later versions may have more reasons.",
            ))
            .examples([serde_json::json!("message_too_long")])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_name_of_its_own() {
        for &reason in Reason::ALL {
            let name = reason.as_str();
            assert_eq!(Reason::parse(name), Some(reason), "{name} is there twice");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        }
    }

    #[test]
    fn a_reason_named_like_a_code_has_that_code() {
        for &reason in Reason::ALL {
            assert!(Code::parse(reason.as_str()).is_none_or(|code| code == reason.code()), "{}", reason.as_str());
        }
    }

    #[test]
    fn the_manual_has_a_row_for_each_reason() {
        let manual = include_str!("../../../docs/errors.md");
        let rows: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `")).collect();
        for &reason in Reason::ALL {
            let row = format!("| `{}` | `{}` | ", reason.as_str(), reason.code());
            let row = rows.iter().find(|line| line.starts_with(&row));
            let row = row.unwrap_or_else(|| panic!("docs/errors.md has no row for {}", reason.as_str()));
            for name in crate::params::names(reason.sentence()) {
                assert!(row.contains(&format!("`{name}`")), "{name} of {}", reason.as_str());
            }
        }
        assert_eq!(rows.len(), Reason::ALL.len(), "docs/errors.md has rows of reasons that do not exist");
    }
}
