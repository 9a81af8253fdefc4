//! German texts.

use holdfast_protocol::{
    ApiError, Code,
    diagnosis::SocketCause,
    foreign,
    storage::{QuotaExceeded, QuotaOf},
};

#[cfg(feature = "ssr")]
use super::Plain;
use super::{Conversation, Language, LazyStrings, chat, chat::Strings, count, lazy};

/// Translates an error by its code, if the code says it all; frequent errors also by the server's sentence.
fn api_error(api_error: &ApiError) -> Option<String> {
    let seconds = api_error.retry_after_ms.map(|ms| ms.div_ceil(1000));
    let sentence = match (api_error.code, api_error.error.as_str()) {
        (Code::QuotaExceeded, said) => {
            let (of, used, quota) = QuotaExceeded::parse(said)?;
            let figures = format!("{used} von {quota} MB").replace('.', ",");
            let (whose, then) = match of {
                QuotaOf::Guest => ("Dein Speicher", "leg ein Konto an: Darin ist mehr Platz"),
                QuotaOf::Account => ("Dein Speicher", "bitte einen Administrator um mehr"),
                QuotaOf::Server => ("Der Speicher des Servers", "sag es dem, der ihn betreibt"),
            };
            return Some(format!(
                "{whose} ist voll: {figures} sind belegt. Lösche Unterhaltungen, die du nicht mehr brauchst, oder {then}."
            ));
        }
        (Code::RateLimited, _) => {
            return Some(match seconds {
                Some(0) => "Das war zu viel in kurzer Zeit. Versuch es jetzt noch einmal.".to_owned(),
                Some(seconds) => format!("Das war zu viel in kurzer Zeit. Versuch es in {seconds} s noch einmal."),
                None => "Das war zu viel in kurzer Zeit. Versuch es gleich noch einmal.".to_owned(),
            });
        }
        (Code::DiskFull, _) => {
            "Die Festplatte des Servers ist voll. Nichts geht verloren: Was du geschrieben hast, wartet hier und wird gesendet, sobald Platz ist. Sag es dem, der den Server betreibt."
        }
        (Code::NotFound, _) => "Hier ist nichts mit dieser Kennung. Vielleicht ist es schon weg: Lade die Liste neu.",
        (Code::ConversationNotFound, _) => "Diese Unterhaltung gibt es nicht. Öffne eine aus der Liste oder beginne eine neue.",
        (Code::TokenExpired, _) => "Deine Anmeldung ist abgelaufen. Melde dich noch einmal an.",
        (Code::TokenInvalid | Code::TokenMalformed, _) => "Deine Anmeldung gilt hier nicht mehr. Melde dich noch einmal an.",
        (Code::AuthRequired, "Name or password is wrong.") => "Name oder Passwort ist falsch.",
        (Code::SessionRevoked, "Your sign-in has expired, as each does after a while. Sign in again.") => {
            "Deine Anmeldung ist abgelaufen, wie jede nach einer Weile. Melde dich noch einmal an."
        }
        (Code::AuthRequired | Code::NotAllowed, "This code is wrong, or was used. Take the one that your app shows now.") => {
            "Dieser Code ist falsch oder schon benutzt. Nimm den, den deine App jetzt zeigt."
        }
        (Code::NotAllowed, holdfast_protocol::second_factor::IS_ON) => "Dieses Konto hat schon einen zweiten Schritt.",
        (Code::NotAllowed, "The current password is wrong.") => "Das aktuelle Passwort ist falsch.",
        (Code::SessionRevoked, "This session is over: it was signed out, or its user was removed. Sign in again.") => {
            "Diese Sitzung ist zu Ende: Sie wurde abgemeldet, oder ihr Konto wurde gelöscht. Melde dich noch einmal an."
        }
        (Code::SessionRevoked, "You were signed out from another device or tab. Sign in again.") => {
            "Du wurdest von einem anderen Gerät oder Tab aus abgemeldet. Melde dich noch einmal an."
        }
        (Code::SessionRevoked, "This account was removed, with everything that was in it.") => {
            "Dieses Konto wurde gelöscht, mit allem, was darin war."
        }
        (Code::Busy, "This search took too long and was ended. Look for a longer word, or for more words.") => {
            "Diese Suche hat zu lange gedauert und wurde beendet. Suche nach einem längeren Wort oder nach mehr Wörtern."
        }
        (Code::BadFrame, "This answer is complete; there is nothing to continue. Ask for more in a new message.") => {
            "Diese Antwort ist vollständig: Da ist nichts weiterzuführen. Frag in einer neuen Nachricht nach mehr."
        }
        (Code::AuthRequired, foreign::WANTS_SIGN_IN) => "Etwas vor dem Server möchte, dass du dich anmeldest. Lade die Seite neu.",
        (Code::TooLarge, foreign::TAKES_LESS) => {
            "Etwas vor dem Server nimmt nichts so Großes an. Sende weniger, oder lass die Grenze auf 256 MB anheben: client_max_body_size bei nginx (1 MB, wenn es fehlt), LimitRequestBody bei Apache; das Handbuch zeigt die Zeile für jeden Proxy."
        }
        (Code::Busy, foreign::WAITS_LESS) => {
            "Etwas vor dem Server wartet nicht, bis alles angekommen ist. Lass es länger warten: client_body_timeout bei nginx, RequestReadTimeout bei Apache, readTimeout bei Traefik."
        }
        (Code::TooLarge, foreign::CUT_OFF) => {
            "Die Verbindung wurde unterwegs getrennt, obwohl der Server zu erreichen ist. Meist nimmt etwas vor ihm nichts so Großes an: client_max_body_size bei nginx, LimitRequestBody bei Apache."
        }
        (Code::Busy, foreign::CAN_T_REACH) => "Etwas vor dem Server erreicht ihn gerade nicht. Versuch es gleich noch einmal.",
        (Code::Internal, foreign::ANSWERED) => {
            "Etwas vor dem Server hat an seiner Stelle geantwortet. Lade die Seite neu; hilft das nicht, sieh in dessen Log nach."
        }
        (Code::Busy, super::UNREACHABLE) => "Der Server ist gerade nicht zu erreichen. Versuch es wieder, wenn du verbunden bist.",
        (Code::Internal, super::NOT_UNDERSTOOD) => {
            "Die Antwort des Servers war nicht zu verstehen. Lade die Seite neu: Vielleicht gibt es eine neuere Version."
        }
        (Code::Internal, super::NOT_KEPT) => {
            "Dieser Browser merkt sich für diese Seite nichts. Was noch wartet, geht verloren, wenn du sie schließt."
        }
        (Code::Internal, "The server could not do this just now. Try again.") => {
            "Das konnte der Server gerade nicht tun. Versuch es noch einmal."
        }
        _ => return None,
    };
    Some(sentence.to_owned())
}

pub(super) static STRINGS: Strings = Strings {
    language: Language::De,
    api_error,
    common: chat::Common {
        skip: "Zum Inhalt springen",
        sign_in: "Anmelden",
        settings: "Einstellungen",
        conversations: "Unterhaltungen",
        new_conversation: "Neue Unterhaltung",
        to_conversations: "Zu den Unterhaltungen",
        back: "← Zurück zu den Unterhaltungen",
        archive: "Archivieren",
        bring_back: "Zurückholen",
        delete: "Löschen",
        show_older: "Ältere zeigen",
        try_again: "Noch einmal versuchen",
        copy: "Kopieren",
        cancel: "Abbrechen",
        close: "Schließen",
        dismiss: "Ausblenden",
        undo: "Rückgängig",
        model: "Modell",
        builtin: "Eingebaut",
        shown_once: "Er wird nur dieses eine Mal gezeigt. Wer ihn hat, kann ihn benutzen: Gib ihn sonst niemandem.",
        not_loaded: "Diese Seite ließ sich nicht laden",
        why_not_loaded: "Der Server ist nicht zu erreichen oder hat inzwischen eine neuere Version. Was du geschrieben hast, bleibt erhalten.",
        load_anew: "Neu laden",
        conversation_count: |n| count(n, "Unterhaltung", "Unterhaltungen"),
    },
    places: chat::Places {
        sign_up: "Konto anlegen",
        search: "Suche",
        archived: "Archiv",
        claim: "Administrator werden",
        password: "Neues Passwort setzen",
        unknown: "Nicht gefunden",
        account: "Konto",
        data: "Deine Daten",
        models: "Modelle",
        connection: "Verbindung",
        people: "Leute",
        providers: "Anbieter",
        limits: "Grenzen",
        activity: "Betrieb",
    },
    connection: chat::Faces {
        ready: "Bereit",
        connecting: "Verbindet…",
        connected: "Verbunden",
        reconnecting: "Verbindet neu…",
        offline: "Offline",
        refused: "Nicht verbunden",
        signed_out: "Abgemeldet",
        reconnecting_in: |seconds| format!("Neuer Versuch in {seconds} s"),
        again_in: |seconds| format!("Wieder in {seconds} s"),
        queued: |n| format!("Offline · {n} in der Warteschlange"),
        about_ready: "Verbindet sich mit deiner ersten Nachricht",
        about_connecting: "Auf dem Weg zum Server",
        about_connected: |transport| format!("Verbunden über {transport}"),
        about_reconnecting: "Nichts geht verloren: Antworten gehen auf dem Server weiter, und was du schreibst, bleibt erhalten",
        about_offline: "Dieses Gerät hat kein Netz. Was du schreibst, bleibt erhalten und wird gesendet, sobald du zurück bist",
        blocked: |cause| match cause {
            SocketCause::Stripped => "Ein Proxy vor dem Server entfernt die Upgrade-Kopfzeile des WebSockets.".to_owned(),
            SocketCause::OriginRefused => "Der Server lehnt WebSockets von der Adresse dieser Seite ab.".to_owned(),
            SocketCause::NotArrived => "Kein WebSocket erreicht den Server: Etwas dazwischen hält sie auf.".to_owned(),
            SocketCause::Arrived => {
                "WebSockets erreichen den Server, aber etwas dazwischen trennt sie oder hält auf, was kommt.".to_owned()
            }
            SocketCause::SignIn => "Etwas vor dem Server möchte, dass du dich anmeldest. Lade die Seite neu.".to_owned(),
            SocketCause::Status(status) => format!("Ein Proxy antwortet auf /ws mit {status}. Er muss /ws an Holdfast weitergeben."),
        },
        socket: "einen WebSocket",
        stream: "einen Ereignisstrom",
        poll: "wiederholte Abfragen",
        connect_now: "Jetzt verbinden",
        now: "jetzt",
        try_again: "noch einmal",
    },
    list: chat::List {
        pinned: "Angeheftet",
        today: "Heute",
        yesterday: "Gestern",
        week: "Diese Woche",
        older: "Älter",
        open: "Unterhaltungen und Einstellungen",
        commands: "Befehle",
        empty: "Hier stehen bald deine Unterhaltungen.",
        answering: "antwortet gerade",
    },
    header: chat::Header {
        not_here: "Nicht hier",
        unnamed: "Unterhaltung",
        sources: "Quellen",
        close_sources: "Quellen schließen",
        fit: "Wie gut es passt",
        fits: |percent| format!("passt zu {percent} %"),
        more: "Mehr",
        this: "Diese Unterhaltung",
        rename: "Umbenennen",
        pin: "Anheften",
        unpin: "Nicht mehr anheften",
        share: "Teilen…",
        export_markdown: "Als Markdown sichern",
        export_json: "Als JSON sichern",
        rename_heading: "Unterhaltung umbenennen",
        title: "Titel",
    },
    share: chat::Share {
        heading: "Diese Unterhaltung teilen",
        about: "Wer den Link hat, kann die Unterhaltung so lesen, wie sie jetzt ist, ohne Konto. Was später geschrieben wird, ist nicht zu sehen.",
        good_for: "Der Link gilt",
        day: "einen Tag",
        week: "eine Woche",
        month: "einen Monat",
        year: "ein Jahr",
        link: "Der Link",
        note: "Er wird nur dieses eine Mal gezeigt. Zurückziehen kannst du ihn in den Einstellungen unter „Deine Daten“.",
        links: "Deine Links",
        make: "Link erstellen",
    },
    transcript: chat::Transcript {
        label: "Unterhaltung",
        earlier: |n| count(n, "frühere Nachricht", "frühere Nachrichten"),
        welcome: "Woran arbeitest du?",
        about: "Frag, was du willst. Antworten bleiben erhalten und gehen weiter, auch wenn du gehst.",
        tries: ["Wie verbinde ich Ollama?", "Wie benutze ich meinen OpenAI-Schlüssel?", "Was passiert, wenn ich offline bin?"],
        only_builtin: "Noch ist kein Modell verbunden. Das eingebaute zitiert nur das Handbuch von Holdfast, auf Englisch. ",
        connect: "Modell verbinden",
        missing: "Diese Unterhaltung ist nicht hier",
        why_missing: "Vielleicht wurde sie gelöscht, oder sie gehört zu einem anderen Konto.",
        loading: "Die Unterhaltung wird geladen",
        not_read: "Diese Unterhaltung wurde auf diesem Gerät noch nicht gelesen. Sie kommt, sobald du zurück bist.",
        quote: "Zitieren",
    },
    answer: chat::Answer {
        you: "Du",
        you_said: "Du hast geschrieben",
        edit: "Bearbeiten",
        answer: "Antwort",
        torn: "Verbindung verloren · die Antwort wird weiter geschrieben",
        passages: |n| format!("aus {}", count(n, "Stelle", "Stellen")),
        broke_off: "Die Antwort brach ab.",
        failed: "Es gibt keine Antwort.",
        stopped: "Angehalten.",
        go_on: "Weiter",
        being_written: "Die Antwort wird geschrieben.",
        is_finished: "Die Antwort ist fertig.",
        was_stopped: "Die Antwort wurde angehalten.",
        has_failed: "Die Antwort ist fehlgeschlagen.",
    },
    markdown: chat::Markdown {
        copy: "Kopieren",
        wrap: "Umbrechen",
        done: "erledigt",
        to_do: "zu tun",
        note: "Hinweis",
        tip: "Tipp",
        important: "Wichtig",
        warning: "Warnung",
        caution: "Vorsicht",
    },
    outgoing: chat::Outgoing {
        label: "Du, noch nicht gesendet",
        until_back: "In der Warteschlange · wird gesendet, sobald du zurück bist",
        until_done: "In der Warteschlange · wird gesendet, wenn diese Antwort fertig ist",
        limited: |seconds| format!("Zu viel in kurzer Zeit · wird in {seconds} s von selbst gesendet"),
        full: |seconds| {
            format!(
                "Die Festplatte des Servers ist voll, nichts geht verloren · wird gesendet, sobald Platz ist, nächster Versuch in {seconds} s"
            )
        },
        later: |seconds| format!("Der Server ist beschäftigt · wird in {seconds} s von selbst gesendet"),
        sending: "Wird gesendet…",
        send_again: "Noch einmal senden",
        take_back: "Zurücknehmen",
    },
    versions: chat::Versions {
        label: "Fassungen",
        version: "Fassung ",
        previous: "Vorige Fassung",
        next: "Nächste Fassung",
        regenerate: "Neu antworten",
        with_another: "Mit einem anderen Modell neu antworten",
        edit: "Deine Nachricht bearbeiten",
        stays: "Was darauf folgte, bleibt als andere Fassung.",
        send: "Geändert senden",
    },
    composer: chat::Composer {
        to_write: ", um zu schreiben.",
        needs_script: "Schreiben braucht JavaScript. Lesen geht ohne.",
        new_text: "↓ Neuer Text",
        to_end: "↓ Zum Ende",
        message: "Nachricht",
        keep_typing: "Wird später gesendet…",
        follow_up: "Frag weiter…",
        too_long: |excess, most| format!("Um {excess} KB zu lang. Eine Nachricht darf {most} KB haben."),
        enter_sends: "Enter sendet",
        ctrl_enter_sends: "Strg Enter sendet",
        stop_answer: "Antwort anhalten",
        stop: "Anhalten",
        queue: "Einreihen",
        send: "Senden",
    },
    models: chat::Models {
        dialog: "Welches Modell soll antworten?",
        field: "Modell finden",
        placeholder: "Modell oder Anbieter finden",
        none: "Gerade antwortet kein Anbieter.",
        away: "gerade nicht da",
        count: |n| count(n, "Modell", "Modelle"),
    },
    done: chat::Done {
        archived: |title| format!("{title} archiviert"),
        brought_back: |title| format!("{title} zurückgeholt"),
        deleted: |title| format!("{title} gelöscht"),
        titled: |title| format!("„{title}“"),
        untitled: "Unterhaltung",
    },
    search: chat::Search {
        label: "Unterhaltungen durchsuchen",
        nothing: "Nichts gefunden. Versuch es mit weniger Wörtern oder dem Anfang von einem.",
        newest: |n| format!("Die neuesten {n}"),
        found: "Gefunden",
    },
    palette: chat::Palette {
        label: "Befehlspalette",
        field: "Befehl oder Unterhaltung finden",
        placeholder: "Was möchtest du tun?",
        list: "Befehle und Unterhaltungen",
        nothing: "Nichts mit diesem Namen. Versuch es mit weniger Buchstaben.",
        entries: |n| count(n, "Eintrag", "Einträge"),
        commands: "Befehle",
        quote: "Auswahl zitieren",
        rename: "Diese Unterhaltung umbenennen",
        pin: "Diese Unterhaltung anheften",
        unpin: "Diese Unterhaltung nicht mehr anheften",
        archive: "Diese Unterhaltung archivieren",
        bring_back: "Diese Unterhaltung aus dem Archiv zurückholen",
        export_markdown: "Diese Unterhaltung als Markdown sichern",
        export_json: "Diese Unterhaltung als JSON sichern",
        delete: "Diese Unterhaltung löschen",
        archived: "Archivierte Unterhaltungen",
        transfer: "Unterhaltungen importieren oder exportieren",
        settings: |name| format!("Einstellungen: {name}"),
        appearance: |name| format!("Aussehen: {name}"),
        system: "Wie dieses Gerät",
        light: "Hell",
        dark: "Dunkel",
    },
    keys: chat::Keys {
        heading: "Tastenkürzel",
        send: "Senden",
        new_line: "Neue Zeile",
        recall: "Zurückholen, was du geschrieben hast, in einem leeren Feld",
        quote: "Zitieren, was ausgewählt ist",
        undo: "Rückgängig machen, was gerade gelöscht oder archiviert wurde",
        step: "In einem Menü oder einer Liste weitergehen",
        ends: "Zum Ersten oder Letzten einer Liste",
        escape: "Schließen, was offen ist",
        these: "Diese Tasten",
        mac: "Auf einem Mac tut ⌘, was Strg tut.",
        ctrl: "Strg",
        shift: "Umschalt",
        enter: "Enter",
        home: "Pos1",
        end: "Ende",
        esc: "Esc",
    },
    browser: chat::Browser {
        copied: "Kopiert",
        signed_out: "Du hast dich in einem anderen Tab abgemeldet.",
        asked_later: "Nach einer anderen Antwort wird gefragt, sobald du zurück bist.",
        earlier_later: "Die früheren Nachrichten kommen, sobald du zurück bist.",
        no_random: "Dieser Browser gibt keine Zufallszahlen her, also lässt sich nichts sicher senden.",
    },
};

pub(super) static CONVERSATION: Conversation = Conversation {
    left_out: |messages| {
        let which =
            if messages == 1 { "Die erste Nachricht wurde".to_owned() } else { format!("Die ersten {messages} Nachrichten wurden") };
        format!("{which} ausgelassen, weil die Unterhaltung nicht in das Kontextfenster des Modells passt.")
    },
    building: "Es fehlen Treffer, weil der Suchindex noch aufgebaut wird. Suche in einer Minute noch einmal.",
};

pub(super) static LAZY: LazyStrings = LazyStrings {
    common: lazy::Common {
        for_admins: "Diese Seite ist für die, die den Server betreiben.",
        looking: "Sieht nach…",
        unknown: "Noch ist nichts bekannt.",
        change: "Ändern",
        changed: "Geändert.",
        keep: "Behalten",
        remove: "Löschen",
        remove_named: |name| format!("{name} löschen"),
        withdraw: "Zurückziehen",
        test_connection: "Ausprobieren",
        try_named: |name| format!("{name} ausprobieren"),
        trying: "Wird ausprobiert…",
        answered: |model, ms, said| format!("{model} hat nach {ms} ms geantwortet: „{said}“"),
        not_answered: |model, said| format!("{model} hat nicht geantwortet: {said}"),
        ago: |minutes| match minutes {
            0..2 => "gerade eben".to_owned(),
            2..120 => format!("vor {minutes} Minuten"),
            120..2_880 => format!("vor {} Stunden", minutes / 60),
            _ => format!("vor {} Tagen", minutes / 1_440),
        },
        sign_in_with: "Anmelden mit ",
        sign_in_again_with: "Noch einmal anmelden mit ",
        show_who: "Um zu zeigen, dass du es bist, melde dich noch einmal an, wenn das länger als zehn Minuten her ist.",
    },
    sign: lazy::Sign {
        needs_both: "Bitte gib einen Namen und ein Passwort ein.",
        needs_password: "Bitte gib ein Passwort ein.",
        by_invitation: "Neue Konten brauchen hier eine Einladung. Bitte die Person darum, die diesen Server betreibt.",
        closed: "Neue Konten lassen sich hier nicht anlegen. Wende dich an die Person, die diesen Server betreibt.",
        used_up: "Diese Einladung ist aufgebraucht. Bitte um eine neue.",
        expired: "Diese Einladung ist abgelaufen. Bitte um eine neue.",
        no_invitation: "Diese Einladung gibt es nicht: Sie wurde zurückgezogen, oder der Link ist nicht ganz. Bitte um eine neue.",
        about_claim: "Wer diesen Server betreibt, sieht seine Leute, lädt sie ein und sperrt sie aus. Dieser Link macht dich dazu, einmal.",
        stays_yours: "Was du als Gast geschrieben hast, bleibt deins.",
        username: "Benutzername",
        password: "Passwort",
        code: "Code",
        code_rule: "Aus der App deines zweiten Schritts, oder einer der Codes, die du für den Notfall aufhebst.",
        rule: "Mindestens 8 Zeichen.",
        moment: "Einen Moment…",
        have_account: "Du hast ein Konto? ",
        new_here: "Neu hier? ",
        as_guest: "Als Gast weiter",
        needs_script: "Anmelden braucht JavaScript.",
    },
    archived: lazy::Archived {
        lead: "Aus der Liste, aber nicht weg: Die Suche findet sie auch, und jede lässt sich zurückholen.",
        loading: "Die archivierten Unterhaltungen werden geladen",
        empty: "Nichts ist archiviert. Im Menü einer Unterhaltung steht „Archivieren“, für das, was du behalten, aber nicht sehen willst.",
        label: "Archivierte Unterhaltungen",
        bring_back: |title| format!("{title} zurückholen"),
        delete: |title| format!("{title} löschen"),
    },
    nowhere: lazy::Nowhere { heading: "Diese Seite gibt es nicht", about: "Die Adresse stimmt nicht, oder was hier war, ist weg." },
    storage: lazy::Storage {
        heading: "Speicher",
        used: |used| format!("{} MB sind belegt.", used.replace('.', ",")),
        used_of: |used, quota| format!("{} von {} MB sind belegt.", used.replace('.', ","), quota.replace('.', ",")),
        about: "Unterhaltungen, Leselinks und Schlüssel zählen. Wer Unterhaltungen löscht, hat sofort wieder Platz.",
    },
    account: lazy::Account {
        nobody: "Du bist nicht angemeldet. Deine erste Nachricht beginnt ein Gastkonto in diesem Browser.",
        guest: "Du bist als Gast hier. Deine Unterhaltungen gehören diesem Browser: Meldest du dich ab oder löschst seine Cookies, kommst du nicht mehr an sie heran. Mit einem Konto bleiben sie deine.",
        leave: "Gehen",
        signed_in_as: "Angemeldet als ",
        as_admin: ". Du betreibst diesen Server.",
        as_member: ".",
        sign_out: "Abmelden",
        appearance: "Aussehen",
        writing: "Schreiben",
        enter_breaks: "Enter bricht die Zeile um. Auf einem Mac tut ⌘, was Strg tut.",
        shift_enter_breaks: "Umschalt Enter bricht die Zeile um.",
        language: "Sprache",
    },
    details: lazy::Details {
        nothing_given: "Gib einen neuen Namen ein, ein neues Passwort oder beides.",
        changed_password: "Geändert. Andere Geräte müssen sich noch einmal anmelden.",
        heading: "Name und Passwort",
        and: " und ",
        through: "Du meldest dich an über ",
        through_end: ".",
        no_password: ". Dieses Konto hat kein Passwort; mit einem kannst du dich auch hier anmelden.",
        new_name: "Neuer Name",
        new_password: "Neues Passwort",
        current_password: "Aktuelles Passwort",
    },
    linked: lazy::Linked {
        heading: "Anmelden über andere",
        label: "Wege zur Anmeldung",
        linked: "Du meldest dich darüber an",
        unlinked: "Nicht verbunden",
        link: "Verbinden",
        join_named: |label| format!("{label} verbinden"),
        join_question: |label| format!("{label} verbinden?"),
        about_join: "Du wirst dort gefragt, wer du bist. Von da an führt eine Anmeldung darüber zu diesem Konto.",
        unlink: "Trennen",
        part_named: |label| format!("{label} trennen"),
        part_question: |label| format!("{label} trennen?"),
        about_unlink: "Dann meldest du dich mit deinem Passwort an.",
        needs_other: "Ein anderer Weg zur Anmeldung muss bleiben.",
        password: "Passwort",
    },
    two_factor: lazy::TwoFactor {
        heading: "Zweiter Schritt beim Anmelden",
        about_off: "Beim Anmelden kann auch ein Code aus einer App auf deinem Telefon verlangt werden. Dann kommt niemand allein mit deinem Passwort hinein.",
        about_on: "Wer sich mit deinem Passwort anmeldet, braucht auch einen Code aus deiner App.",
        open_on: "Einrichten…",
        open_off: "Ausschalten…",
        on_question: "Zweiten Schritt einrichten",
        about_on_question: "Du brauchst eine App für Anmeldecodes auf deinem Telefon. Zeig erst, dass du es bist.",
        next: "Weiter",
        scan: "Sag es der App",
        about_scan: "Scanne dieses Bild mit der App für Anmeldecodes. Auf dem Telefon selbst: Tippe es an.",
        picture: "QR-Code für die App",
        typed: "Oder tippe dies in die App:",
        code: "Code, den die App dann zeigt",
        code_or_kept: "Code aus der App, oder einer für den Notfall",
        turn_on: "Einschalten",
        keep: "Heb diese Codes auf",
        about_keep: "Ohne dein Telefon kommst du mit jedem davon einmal hinein. Sie werden nicht noch einmal gezeigt. Andere Geräte müssen sich neu anmelden.",
        off_question: "Den zweiten Schritt ausschalten?",
        about_off_question: "Dann genügt dein Passwort. Andere Geräte müssen sich neu anmelden.",
        turn_off: "Ausschalten",
        is_off: "Der zweite Schritt ist ausgeschaltet.",
    },
    farewell: lazy::AccountRemoval {
        removed: "Dein Konto und alles darin ist gelöscht.",
        heading: "Für immer gehen",
        open: "Konto löschen…",
        question: "Dein Konto löschen?",
        about: "Du, alle deine Unterhaltungen und alles andere von dir werden für immer gelöscht, auf allen Geräten.",
        keep: "Behalten",
    },
    sessions: lazy::Sessions {
        heading: "Wo du angemeldet bist",
        label: "Sitzungen",
        used: |ago| format!("benutzt {ago}"),
        current: "Diese hier",
        sign_out: |device| format!("{device} abmelden"),
        everywhere: "Überall abmelden",
    },
    data: lazy::Data {
        nothing: "Hier ist noch nichts von dir. Deine erste Nachricht beginnt ein Gastkonto.",
        export_heading: "Mitnehmen",
        about_export: "Alle Unterhaltungen in einem ZIP: eine Datei mit allem darin (allen Fassungen, Zeiten und Modellen), die sich hierher oder in ein anderes Holdfast bringen lässt, und jede zum Lesen als Markdown.",
        exporting: "Wird gepackt…",
        export: "Alle Unterhaltungen exportieren",
        choose: "Wähle erst eine Datei.",
        which: |name, at, all| format!("{name} ({at} von {all})"),
        sending: |which, kb| format!("Sendet {which}, {kb} KB…"),
        reading: |which, n| format!("Liest {which}: {}…", count(n, "Unterhaltung", "Unterhaltungen")),
        cut: "Die Verbindung ging unterwegs verloren. Was ganz auf dem Server ist, bleibt; importiere die Datei noch einmal für den Rest, nichts wird doppelt.",
        import_heading: "Herbringen",
        about_import: "Unterhaltungen aus Holdfast, ChatGPT, Claude, Gemini, Grok, DeepSeek, Open WebUI, LibreChat, LobeChat, HuggingChat, Jan oder llama.cpp: das ZIP, das du bekommen hast, oder das JSON darin. Nichts wird doppelt, so oft du es auch importierst.",
        files: "Dateien",
        import: "Importieren",
        left_out: "Was ausgelassen wurde",
        localized: |report| {
            let mut parts = vec![format!("{} importiert", count(report.added as usize, "Unterhaltung", "Unterhaltungen"))];
            if report.grown > 0 {
                parts.push(format!("{} auf den neuesten Stand gebracht", report.grown));
            }
            if report.same > 0 {
                parts.push(format!("{} schon hier", report.same));
            }
            if report.empty > 0 {
                parts.push(format!("{} leer", report.empty));
            }
            if report.left_out > 0 {
                parts.push(format!("{} ausgelassen", report.left_out));
            }
            format!("{}.", parts.join(", "))
        },
        links_heading: "Anderen gezeigt",
        no_links: "Niemandem wird etwas gezeigt. Im Menü einer Unterhaltung steht „Teilen…“, das einen Link zum Lesen erstellt.",
        links: "Links",
        withdraw: |title| format!("Link zu {title} zurückziehen"),
        ends: |days| match days {
            0 => "endet in wenigen Stunden".to_owned(),
            1 => "endet in einem Tag".to_owned(),
            days => format!("endet in {days} Tagen"),
        },
    },
    models: lazy::Models {
        lead: "Diese antworten jetzt. Welches antwortet, wählst du dort, wo du schreibst; es wird für jede Unterhaltung gemerkt.",
        default: "Voreingestellt",
        look_again: "Noch einmal nachsehen",
        connect: "Ein weiteres verbinden",
        about_connect: "Ollama, llama.cpp und LM Studio werden von selbst gefunden, wo sie auf derselben Maschine laufen. Andere fügt unter „Anbieter“ hinzu, wer den Server betreibt; oder setze eine dieser Variablen dort, wo Holdfast läuft, und starte es neu.",
        ollama: "Ollama auf einer anderen Maschine",
        compatible: "Alles, was die API von OpenAI spricht",
        quote: "Zitiert die Stellen aus dem Handbuch von Holdfast, die passen. Es ist kein Sprachmodell.",
        echo: "Sagt Wort für Wort zurück, was man ihm sagt: zum Ausprobieren.",
    },
    keys: lazy::OwnKeys {
        heading: "Deine eigenen Schlüssel",
        lead: "Ein Schlüssel von dir wird nur für dich benutzt. Er liegt verschlüsselt, wird niemandem mehr gezeigt und geht mit deinem Konto.",
        none: "Du hast hier keinen Schlüssel.",
        kept: "Dein Schlüssel ist hinterlegt und wird für dich benutzt.",
        unreadable: "Dein Schlüssel lässt sich nicht mehr lesen, denn das Geheimnis des Servers wurde geändert. Gib ihn noch einmal ein.",
        unconfirmed: |origin| {
            format!(
                "Die Administratoren haben die Adresse dieses Anbieters in {origin} geändert. Dein Schlüssel wird nicht dorthin gesendet, bis du das bestätigst. Kommt die Änderung unerwartet, frag sie zuerst."
            )
        },
        confirm: "Meinen Schlüssel dorthin senden",
        confirm_for: |provider| format!("Meinen Schlüssel dorthin senden: an die neue Adresse von {provider}"),
        forget: "Vergessen",
        forget_for: |provider| format!("Deinen Schlüssel für {provider} vergessen"),
        key_for: |provider| format!("deinen Schlüssel für {provider}"),
        label: |provider| format!("Dein Schlüssel für {provider}"),
    },
    connection: lazy::Connection {
        not_now: "jetzt nicht verbunden",
        over: |transport| format!("über {transport}"),
        not_measured: "nicht gemessen",
        round_trip: |ms| format!("{ms} ms hin und zurück"),
        token_for: |minutes| format!("noch {minutes} min; erneuert sich von selbst"),
        token_renewed: "wird gerade erneuert",
        no_token: "nicht angemeldet",
        state: "Zustand",
        arrives: "Alles kommt an",
        way: "Weg zum Server",
        token: "Zugangs-Token",
        origin: "Seite, API und Socket",
        measure: "Noch einmal messen",
        idle: |seconds| {
            format!(
                "Etwas zwischen dir und dem Server trennt Verbindungen, über die {seconds} s lang nichts kommt. Die Seite hält ihre beschäftigt, also ist nichts zu tun. Um es zu beenden, erhöhe das Zeitlimit dieses Programms (nginx: proxy_read_timeout 75s)."
            )
        },
    },
    users: lazy::Users {
        heading: "Benutzer",
        find: "Nach Namen suchen",
        more: "Mehr zeigen",
        why: "Warum (sie werden es lesen)",
        reset_two_factor: "Zweiter Schritt aus",
        reset_two_factor_named: |name| format!("Den zweiten Schritt von {name} ausschalten"),
        reset_two_factor_question: |name| format!("Den zweiten Schritt von {name} ausschalten?"),
        about_reset_two_factor: "Für alle, die Telefon und Notfallcodes verloren haben. Vergewissere dich, dass wirklich sie fragen: Danach genügt das Passwort.",
        suspend: "Sperren",
        suspend_named: |name| format!("{name} sperren"),
        suspend_question: |name| format!("{name} sperren?"),
        about_bar: "Was sie offen haben, endet sofort, und sie kommen nirgends hinein, bis du das änderst. Nichts von ihnen wird gelöscht.",
        remove_question: |name| format!("{name} löschen?"),
        about_remove: |n| format!("Mit {}, für immer.", count(n, "Unterhaltung", "Unterhaltungen")),
        password_heading: |name| format!("Ein neues Passwort für {name}"),
        password_link: "Link, gilt einmal, zwei Tage lang",
        done: "Fertig",
        never_here: "nie hier",
        here: |ago| format!("hier {ago}"),
        stores: |used| format!("{} MB", used.replace('.', ",")),
        administrator: "Administrator",
        you: "Du",
        suspended: "Gesperrt",
        make_member: "Zum Mitglied machen",
        make_member_named: |name| format!("{name} zum Mitglied machen"),
        make_admin: "Zum Administrator machen",
        make_admin_named: |name| format!("{name} zum Administrator machen"),
        password: "Neues Passwort",
        password_named: |name| format!("Neues Passwort für {name}"),
        let_in: "Einlassen",
        let_in_named: |name| format!("{name} einlassen"),
        sessions: "Sitzungen",
        sessions_named: |name| format!("Sitzungen von {name}"),
        sessions_heading: |name| format!("Wo {name} angemeldet ist"),
        nowhere: "Nirgends.",
    },
    invitations: lazy::Invitations {
        heading: "Einladungen",
        open: "Hier darf jeder ein Konto anlegen; eine Einladung ist nur der kürzere Weg.",
        invited: "Wer eine Einladung hat, darf ein Konto anlegen.",
        closed: "Dieser Server nimmt keine neuen Konten an. Setze HOLDFAST_SIGNUP=invitation und starte ihn neu, damit Einladungen gelten.",
        for_whom: "Für wen",
        for_how_many: "Für wie viele Konten",
        for_days: "Gilt wie viele Tage",
        make: "Einladung erstellen",
        made: "Der Link zur Einladung",
        unnamed: "Eine Einladung",
        used: |used, uses| format!("{used} von {uses} benutzt"),
        left: |days| format!("noch {}", count(days as usize, "Tag", "Tage")),
        withdraw: |note| format!("{note} zurückziehen"),
    },
    providers: lazy::Providers {
        lead: "Wer hier antwortet, und wem. Ein Schlüssel, der hier eingegeben wird, liegt verschlüsselt und wird niemandem mehr gezeigt; was dort eingestellt ist, wo Holdfast läuft, bleibt dort.",
        everyone: "Alle",
        accounts: "Wer ein Konto hat",
        administrators: "Administratoren",
        inherited: "Wie der Anbieter",
        own_keys: "Benutzer dürfen eigene Schlüssel mitbringen",
        compatible: "OpenAI und alle, die dazu passen",
        add_heading: "Anbieter hinzufügen",
        speaks: "Spricht wie",
        name: "Name, etwa groq",
        address: "Adresse (leer: die des Herstellers)",
        key: "Schlüssel, wenn er einen will",
        visible_to: "Angeboten für",
        add: "Hinzufügen",
        at_vendor: "unter der Adresse des Herstellers",
        configured: "eingestellt, wo Holdfast läuft, dort gefunden oder eingebaut",
        key_kept: " · sein Schlüssel ist hinterlegt",
        without_key: " · ohne Schlüssel",
        unreadable: "Sein Schlüssel lässt sich nicht mehr lesen, denn das Geheimnis des Servers wurde geändert. Gib ihn noch einmal ein.",
        models: |n| count(n, "Modell", "Modelle"),
        unlisted: |n| {
            let models = count(n, "weiteres Modell steht", "weitere Modelle stehen");
            format!("{models} nicht in der Liste, hier und bei der Wahl eines Modells: es sind zu viele. Nenne eines, damit es dort steht.")
        },
        no_list: "Er nennt keine Modelle. Jedes lässt sich mit seinem Namen benutzen; nenne die, die in der Liste stehen sollen.",
        list_model: |name| format!("Noch ein Modell von {name}"),
        list_it: "In die Liste",
        who_may: |name| format!("Wer {name} benutzen darf"),
        change: |name| format!("{name} ändern"),
        its_address: "Seine Adresse (leer: die des Herstellers)",
        new_key: "Neuer Schlüssel (leer: wie er ist)",
        bound: "Ein Schlüssel gehört zu dem Server, für den er eingegeben wurde. Wenn du Protokoll, Host oder Port der Adresse änderst, gib den Schlüssel hier noch einmal ein: sonst wird der hinterlegte vergessen. Eigene Schlüssel der Benutzer werden erst an die neue Adresse gesendet, wenn sie es bestätigen.",
        forget: "Schlüssel vergessen",
        forget_named: |name| format!("Den Schlüssel von {name} vergessen"),
    },
    limits: lazy::Limits {
        on: "Was hier geändert wird, gilt sofort. Wer an eine Grenze kommt, erfährt es, und wann es wieder geht.",
        off: "Diese gelten jetzt nicht: HOLDFAST_LIMITS ist aus, wo der Server läuft. Was hier geändert wird, gilt, sobald es wieder an ist.",
        messages: "Nachrichten in der Minute, je Benutzer",
        answers: "Antworten zugleich, je Benutzer",
        sockets: "Verbindungen zugleich, je Benutzer",
        sign_in: "Versuche in der Minute, sich anzumelden, je Adresse",
        unauthenticated: "Sockets, die nicht gesagt haben, wer sie sind",
        conversations: "Unterhaltungen, die Programme in der Minute beginnen, je Benutzer",
        shares: "Leselinks in der Minute, je Benutzer",
        changes: "Andere Änderungen in der Minute, je Benutzer",
        guest_storage: "Speicher eines Gastes, MB; 0 für beliebig viel",
        user_storage: "Speicher eines Kontos, MB; 0 für beliebig viel",
        server_storage: "Speicher aller zusammen, MB; 0 für beliebig viel",
        usually: |what, number| format!("{what} (üblich: {number})"),
        set_by: |origin| format!("Gesetzt durch {origin}, wo der Server läuft; ändere es dort."),
        fixed: "Fest",
        about_fixed: "Eine Nachricht hat höchstens 256 KiB, ein Frame auf dem Socket 1 MiB, der Inhalt eines Aufrufs 2 MiB, eine Seite der Liste 100 Unterhaltungen. Wer 30 s lang nichts abnimmt, wird getrennt und macht später weiter.",
    },
    activity: lazy::Activity {
        heading: "Was gerade geschieht",
        lead: |open, unknown| format!("Jetzt {} offen, dazu {unknown} ohne Anmeldung.", count(open, "Verbindung", "Verbindungen")),
        old: " Gezeigt wird, was vorher bekannt war.",
        present: "Wer verbunden ist",
        nobody: "Niemand ist verbunden.",
        answers: "Antworten, die geschrieben werden",
        no_answers: "Gerade wird keine Antwort geschrieben.",
        refusals: "In der letzten Stunde abgelehnt",
        no_refusals: "Nichts wurde abgelehnt.",
        sockets: |n| count(n, "WebSocket", "WebSockets"),
        streams: |n| count(n, "Ereignisstrom", "Ereignisströme"),
        polls: |n| count(n, "Abfrage", "Abfragen"),
        on: |node| format!(" auf {node}"),
        administrator: " · Administrator",
        oldest: |ago| format!("am längsten offen: {ago}"),
        begun: |ago| format!("begonnen {ago}"),
        times: |n| format!(" · {n}-mal"),
        page_of: |origin| format!(" · Seite von {origin}"),
        from: |address| format!("von {address}"),
    },
};

#[cfg(feature = "ssr")]
pub(super) static PLAIN: Plain = Plain {
    away: "Es gibt keine Verbindung",
    why_away: "Diese Seite wurde auf diesem Gerät noch nicht gelesen, darum lässt sie sich jetzt nicht zeigen. Was du geschrieben hast, bleibt erhalten und wird gesendet, sobald du zurück bist.",
    these: "Diese wurden gelesen:",
    not_here: "Nicht hier",
    shown: "Jemand zeigt dir diese Unterhaltung. Du kannst sie lesen, aber nicht darin schreiben.",
    nothing: "Hier ist nichts",
    why_nothing: "Der Link ist abgelaufen, wurde zurückgezogen oder ist nicht ganz. Bitte die Person, die ihn dir gab, um einen neuen.",
    question: "Frage",
    still_written: "Diese Antwort wird noch geschrieben. Lade die Seite noch einmal für mehr.",
    unformatted: "So gezeigt, wie sie geschrieben wurde: Sie zu formatieren dauerte zu lang.",
    busy: "Der Server ist beschäftigt",
    why_busy: "Er kann diese Seite gerade nicht zeigen. Lade sie gleich noch einmal.",
    altered: "Etwas zwischen dem Server und diesem Browser hat diese Seite unterwegs verändert: ein Proxy, ein CDN oder eine Erweiterung. Was du schreibst, bleibt erhalten.",
    held: "Ein Teil dieser Seite ist nicht angekommen: Etwas unterwegs hält ihn zurück, oder die Verbindung ist abgebrochen. Was du schreibst, bleibt erhalten.",
    stopped: "Diese Seite ist wegen eines Fehlers stehen geblieben. Was du schreibst, bleibt erhalten.",
    load_again: "Neu laden",
};
