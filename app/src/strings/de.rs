//! German texts.

use holdfast_client::foreign;
use holdfast_protocol::{
    ApiError, Code,
    diagnosis::SocketCause,
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
                QuotaOf::Server => ("Der Speicher des Servers", "sag es einem Administrator"),
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
            "Die Festplatte des Servers ist voll. Nichts geht verloren: Was du geschrieben hast, wartet hier und wird gesendet, sobald Platz ist. Sag es einem Administrator."
        }
        (Code::NotFound, _) => "Hier ist nichts mit dieser Kennung. Vielleicht ist es schon weg: Lade die Liste neu.",
        (Code::ConversationNotFound, _) => "Diese Unterhaltung gibt es nicht. Öffne eine aus der Liste oder beginne eine neue.",
        (Code::TokenExpired, _) => "Deine Anmeldung ist abgelaufen. Melde dich noch einmal an.",
        (Code::TokenInvalid | Code::TokenMalformed, _) => "Deine Anmeldung gilt hier nicht mehr. Melde dich noch einmal an.",
        (Code::AuthRequired, "Name or password is wrong.") => "Name oder Passwort ist falsch.",
        (Code::SessionRevoked, "Your sign-in has expired. Sign in again.") => "Deine Anmeldung ist abgelaufen. Melde dich noch einmal an.",
        (Code::AuthRequired | Code::NotAllowed, "This code is wrong, or was already used. Enter the code that your app shows now.") => {
            "Dieser Code ist falsch oder wurde schon benutzt. Gib den Code ein, den deine App jetzt zeigt."
        }
        (Code::NotAllowed, holdfast_protocol::second_factor::IS_ON) => "Dieses Konto hat schon eine Zwei-Faktor-Anmeldung.",
        (Code::NotAllowed, "The current password is wrong.") => "Das aktuelle Passwort ist falsch.",
        (Code::SessionRevoked, "This session has ended: it was signed out, or its user was removed. Sign in again.") => {
            "Diese Sitzung ist zu Ende: Sie wurde abgemeldet, oder ihr Konto wurde gelöscht. Melde dich noch einmal an."
        }
        (Code::SessionRevoked, "You were signed out from another device or tab. Sign in again.") => {
            "Du wurdest von einem anderen Gerät oder Tab aus abgemeldet. Melde dich noch einmal an."
        }
        (Code::SessionRevoked, "This account and everything in it were removed.") => "Dieses Konto und alles darin wurden gelöscht.",
        (Code::Busy, "This search took too long and was ended. Look for a longer word, or for more words.") => {
            "Diese Suche hat zu lange gedauert und wurde beendet. Suche nach einem längeren Wort oder nach mehr Wörtern."
        }
        (Code::BadFrame, "This answer is complete, so there is nothing to continue. Ask for more in a new message.") => {
            "Diese Antwort ist vollständig, es gibt nichts weiterzuführen. Frag in einer neuen Nachricht nach mehr."
        }
        (Code::AuthRequired, foreign::WANTS_SIGN_IN) => "Etwas vor dem Server verlangt eine Anmeldung. Lade die Seite neu.",
        (Code::TooLarge, foreign::TAKES_LESS) => {
            "Etwas vor dem Server lehnt so große Daten ab. Sende weniger, oder erhöhe dort die Grenze auf 256 MB: client_max_body_size bei nginx (1 MB, wenn es fehlt), LimitRequestBody bei Apache. Das Handbuch zeigt die Zeile für jeden Proxy."
        }
        (Code::Busy, foreign::WAITS_LESS) => {
            "Etwas vor dem Server wartet nicht, bis alles angekommen ist. Erhöhe dort das Zeitlimit: client_body_timeout bei nginx, RequestReadTimeout bei Apache, readTimeout bei Traefik."
        }
        (Code::TooLarge, foreign::CUT_OFF) => {
            "Die Verbindung wurde beim Senden getrennt, obwohl der Server zu erreichen ist. Meist lehnt etwas vor ihm so große Daten ab: Erhöhe client_max_body_size bei nginx, LimitRequestBody bei Apache."
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
        (Code::Internal, "The server could not do this now. Try again.") => {
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
        shown_once: "Er wird nur einmal angezeigt. Wer ihn hat, kann ihn benutzen: Gib ihn sonst niemandem.",
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
    connection: chat::ConnectionTexts {
        ready: "Bereit",
        connecting: "Verbindet…",
        connected: "Verbunden",
        reconnecting: "Verbindet neu…",
        offline: "Offline",
        refused: "Nicht verbunden",
        signed_out: "Abgemeldet",
        reconnecting_in: |seconds| format!("Neuer Versuch in {seconds} s"),
        again_in: |seconds| format!("Nächster Versuch in {seconds} s"),
        queued: |n| format!("Offline · {n} in der Warteschlange"),
        about_ready: "Verbindet sich mit deiner ersten Nachricht",
        about_connecting: "Verbindet sich mit dem Server",
        about_connected: |transport| format!("Verbunden über {transport}"),
        about_reconnecting: "Nichts geht verloren: Antworten laufen auf dem Server weiter, und was du schreibst, bleibt erhalten",
        about_offline: "Dieses Gerät hat kein Netz. Was du schreibst, bleibt erhalten und wird gesendet, sobald du zurück bist",
        blocked: |cause| match cause {
            SocketCause::Stripped => "Ein Proxy vor dem Server entfernt die Upgrade-Kopfzeile des WebSockets.".to_owned(),
            SocketCause::OriginRefused => "Der Server lehnt WebSockets von der Adresse dieser Seite ab.".to_owned(),
            SocketCause::NotArrived => "Kein WebSocket erreicht den Server: Etwas dazwischen blockiert sie.".to_owned(),
            SocketCause::Arrived => {
                "WebSockets erreichen den Server, aber etwas dazwischen trennt sie oder blockiert ihre Daten.".to_owned()
            }
            SocketCause::SignIn => "Etwas vor dem Server verlangt eine Anmeldung. Lade die Seite neu.".to_owned(),
            SocketCause::Status(status) => format!("Ein Proxy antwortet auf /ws mit {status}. Er muss /ws an Holdfast weiterleiten."),
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
        fit: "Relevanz",
        fits: |percent| format!("Relevanz: {percent} %"),
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
        about: "Wer den Link hat, kann die Unterhaltung so lesen, wie sie jetzt ist, ohne Konto. Spätere Nachrichten sind nicht zu sehen.",
        good_for: "Der Link gilt",
        day: "einen Tag",
        week: "eine Woche",
        month: "einen Monat",
        year: "ein Jahr",
        link: "Der Link",
        note: "Er wird nur einmal angezeigt. Zurückziehen kannst du ihn in den Einstellungen unter „Deine Daten“.",
        links: "Deine Links",
        make: "Link erstellen",
    },
    transcript: chat::Transcript {
        label: "Unterhaltung",
        earlier: |n| count(n, "frühere Nachricht", "frühere Nachrichten"),
        welcome: "Woran arbeitest du?",
        about: "Frag, was du willst. Antworten werden gespeichert und laufen weiter, auch wenn du gehst.",
        tries: ["Wie verbinde ich Ollama?", "Wie benutze ich meinen OpenAI-Schlüssel?", "Was passiert, wenn ich offline bin?"],
        only_builtin: "Noch ist kein Modell verbunden. Das eingebaute zitiert nur das Handbuch von Holdfast, auf Englisch. ",
        connect: "Modell verbinden",
        missing: "Diese Unterhaltung ist nicht hier",
        why_missing: "Vielleicht wurde sie gelöscht, oder sie gehört zu einem anderen Konto.",
        loading: "Die Unterhaltung wird geladen",
        not_read: "Diese Unterhaltung wurde auf diesem Gerät noch nicht geöffnet. Sie wird geladen, sobald du zurück bist.",
        quote: "Zitieren",
    },
    answer: chat::Answer {
        you: "Du",
        you_said: "Du hast geschrieben",
        edit: "Bearbeiten",
        answer: "Antwort",
        interrupted: "Verbindung verloren · die Antwort wird weiter geschrieben",
        passages: |n| format!("aus {}", count(n, "Stelle", "Stellen")),
        broke_off: "Die Antwort wurde unterbrochen.",
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
        limited: |seconds| format!("Zu viele Nachrichten · wird in {seconds} s gesendet"),
        full: |seconds| {
            format!(
                "Die Festplatte des Servers ist voll, nichts geht verloren · wird gesendet, sobald Platz ist, nächster Versuch in {seconds} s"
            )
        },
        later: |seconds| format!("Der Server ist beschäftigt · wird in {seconds} s gesendet"),
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
        stays: "Was darauf folgte, bleibt als andere Fassung erhalten.",
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
        none: "Gerade ist kein Anbieter verfügbar.",
        away: "gerade nicht verfügbar",
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
        recall: "In einem leeren Feld: zurückholen, was du geschrieben hast",
        quote: "Auswahl zitieren",
        undo: "Löschen oder Archivieren rückgängig machen",
        step: "In einem Menü oder einer Liste weitergehen",
        ends: "Zum ersten oder letzten Eintrag einer Liste",
        escape: "Schließen, was offen ist",
        these: "Diese Tastenkürzel zeigen",
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
        asked_later: "Eine andere Antwort wird angefordert, sobald du zurück bist.",
        earlier_later: "Die früheren Nachrichten werden geladen, sobald du zurück bist.",
        no_random: "Dieser Browser liefert keine Zufallszahlen, darum lässt sich nichts sicher senden.",
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
        for_admins: "Diese Seite ist für Administratoren.",
        looking: "Wird geladen…",
        unknown: "Noch ist nichts bekannt.",
        change: "Ändern",
        changed: "Geändert.",
        keep: "Behalten",
        remove: "Löschen",
        remove_named: |name| format!("{name} löschen"),
        withdraw: "Zurückziehen",
        test_connection: "Testen",
        test_named: |name| format!("{name} testen"),
        testing: "Wird getestet…",
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
        show_who: "Bestätige, dass du es bist: Melde dich noch einmal an, wenn deine letzte Anmeldung länger als zehn Minuten her ist.",
    },
    sign: lazy::Sign {
        needs_both: "Bitte gib einen Namen und ein Passwort ein.",
        needs_password: "Bitte gib ein Passwort ein.",
        by_invitation: "Du brauchst eine Einladung, um hier ein Konto anzulegen. Bitte einen Administrator darum.",
        closed: "Dieser Server nimmt keine neuen Konten an. Wende dich an einen Administrator.",
        used_up: "Diese Einladung ist aufgebraucht. Bitte um eine neue.",
        expired: "Diese Einladung ist abgelaufen. Bitte um eine neue.",
        no_invitation: "Diese Einladung gibt es nicht: Sie wurde zurückgezogen, oder der Link ist unvollständig. Bitte um eine neue.",
        about_claim: "Ein Administrator verwaltet die Benutzer und Anbieter dieses Servers. Dieser Link macht dich zum Administrator. Er gilt einmal.",
        stays_yours: "Was du als Gast geschrieben hast, behältst du.",
        username: "Benutzername",
        password: "Passwort",
        code: "Code",
        code_rule: "Der Code aus deiner Authenticator-App oder einer deiner Wiederherstellungscodes.",
        rule: "Mindestens 8 Zeichen.",
        moment: "Einen Moment…",
        have_account: "Du hast ein Konto? ",
        new_here: "Neu hier? ",
        as_guest: "Als Gast weiter",
        needs_script: "Anmelden braucht JavaScript.",
    },
    archived: lazy::Archived {
        lead: "Archivierte Unterhaltungen stehen nicht in der Liste. Die Suche findet sie weiterhin, und du kannst jede zurückholen.",
        loading: "Die archivierten Unterhaltungen werden geladen",
        empty: "Nichts ist archiviert. Um eine Unterhaltung zu behalten, ohne sie in der Liste zu sehen, wähle „Archivieren“ in ihrem Menü.",
        label: "Archivierte Unterhaltungen",
        bring_back: |title| format!("{title} zurückholen"),
        delete: |title| format!("{title} löschen"),
    },
    nowhere: lazy::Nowhere { heading: "Diese Seite gibt es nicht", about: "Die Adresse ist falsch, oder die Seite wurde gelöscht." },
    storage: lazy::Storage {
        heading: "Speicher",
        used: |used| format!("{} MB sind belegt.", used.replace('.', ",")),
        used_of: |used, quota| format!("{} von {} MB sind belegt.", used.replace('.', ","), quota.replace('.', ",")),
        about: "Unterhaltungen, geteilte Links und Schlüssel zählen. Wenn du Unterhaltungen löschst, wird sofort Speicher frei.",
    },
    account: lazy::Account {
        nobody: "Du bist nicht angemeldet. Deine erste Nachricht legt ein Gastkonto in diesem Browser an.",
        guest: "Du bist als Gast hier. Deine Unterhaltungen gehören diesem Browser: Wenn du dich abmeldest oder seine Cookies löschst, kommst du nicht mehr an sie heran. Mit einem Konto behältst du sie.",
        leave: "Gehen",
        signed_in_as: "Angemeldet als ",
        as_admin: ", Administrator dieses Servers.",
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
        no_password: ". Dieses Konto hat kein Passwort. Wenn du eines setzt, kannst du dich auch hier anmelden.",
        new_name: "Neuer Name",
        new_password: "Neues Passwort",
        current_password: "Aktuelles Passwort",
    },
    linked: lazy::Linked {
        heading: "Anmeldemethoden",
        label: "Anbieter zur Anmeldung",
        linked: "Verknüpft",
        unlinked: "Nicht verknüpft",
        link: "Verknüpfen",
        link_named: |label| format!("{label} verknüpfen"),
        link_question: |label| format!("{label} verbinden?"),
        about_link: "Du meldest dich dort einmal an. Danach kannst du dich darüber bei diesem Konto anmelden.",
        unlink: "Verknüpfung aufheben",
        unlink_named: |label| format!("Verknüpfung aufheben: {label}"),
        unlink_question: |label| format!("{label} trennen?"),
        about_unlink: "Danach meldest du dich mit deinem Passwort an.",
        needs_other: "Füge zuerst eine andere Anmeldemethode hinzu.",
        password: "Passwort",
    },
    two_factor: lazy::TwoFactor {
        heading: "Zwei-Faktor-Anmeldung",
        about_off: "Beim Anmelden kann auch ein Code aus einer Authenticator-App auf deinem Telefon verlangt werden. Dann kann sich niemand allein mit deinem Passwort anmelden.",
        about_on: "Wer sich mit deinem Passwort anmeldet, braucht auch einen Code aus deiner Authenticator-App.",
        open_on: "Einrichten…",
        open_off: "Ausschalten…",
        on_question: "Zwei-Faktor-Anmeldung einrichten",
        about_on_question: "Du brauchst eine Authenticator-App auf deinem Telefon. Bestätige zuerst, dass du es bist.",
        next: "Weiter",
        scan: "Konto in der App hinzufügen",
        about_scan: "Scanne diesen QR-Code mit deiner Authenticator-App. Auf dem Telefon selbst: Tippe ihn an.",
        picture: "QR-Code für die App",
        typed: "Oder gib diesen Schlüssel in der App ein:",
        code: "Code aus der App",
        code_or_recovery: "Code aus der App oder ein Wiederherstellungscode",
        turn_on: "Einschalten",
        keep: "Speichere deine Wiederherstellungscodes",
        about_keep: "Wenn du dein Telefon verlierst, kannst du dich mit jedem Code einmal anmelden. Sie werden nicht noch einmal angezeigt. Andere Geräte müssen sich neu anmelden.",
        off_question: "Zwei-Faktor-Anmeldung ausschalten?",
        about_off_question: "Danach genügt dein Passwort zur Anmeldung. Andere Geräte müssen sich neu anmelden.",
        turn_off: "Ausschalten",
        is_off: "Die Zwei-Faktor-Anmeldung ist ausgeschaltet.",
    },
    account_removal: lazy::AccountRemoval {
        removed: "Dein Konto und alles darin wurden gelöscht.",
        heading: "Konto löschen",
        open: "Konto löschen…",
        question: "Dein Konto löschen?",
        about: "Dein Konto, alle deine Unterhaltungen und alles andere, was du gespeichert hast, werden endgültig gelöscht, auf allen Geräten.",
        keep: "Behalten",
    },
    sessions: lazy::Sessions {
        heading: "Wo du angemeldet bist",
        label: "Sitzungen",
        used: |ago| format!("benutzt {ago}"),
        current: "Dieses Gerät",
        sign_out: |device| format!("{device} abmelden"),
        everywhere: "Überall abmelden",
    },
    data: lazy::Data {
        nothing: "Du hast hier noch keine Daten. Deine erste Nachricht legt ein Gastkonto an.",
        export_heading: "Exportieren",
        about_export: "Alle Unterhaltungen in einer ZIP-Datei. Darin ist eine JSON-Datei mit allem (allen Fassungen, Zeiten und Modellen), die dieses oder ein anderes Holdfast importieren kann, und zum Lesen für jede Unterhaltung eine Markdown-Datei.",
        exporting: "Wird exportiert…",
        export: "Alle Unterhaltungen exportieren",
        choose: "Wähle erst eine Datei.",
        which: |name, at, all| format!("{name} ({at} von {all})"),
        sending: |which, kb| format!("Sendet {which}, {kb} KB…"),
        reading: |which, n| format!("Liest {which}: {}…", count(n, "Unterhaltung", "Unterhaltungen")),
        cut: "Die Verbindung ging verloren. Die Unterhaltungen, die angekommen sind, bleiben erhalten. Importiere die Datei noch einmal für den Rest: Nichts wird doppelt.",
        import_heading: "Importieren",
        about_import: "Importiere Unterhaltungen aus Holdfast, ChatGPT, Claude, Gemini, Grok, DeepSeek, Open WebUI, LibreChat, LobeChat, HuggingChat, Jan oder llama.cpp. Wähle die ZIP-Datei, die du dort exportiert hast, oder die JSON-Datei darin. Auch wenn du sie noch einmal importierst, wird nichts doppelt.",
        files: "Dateien",
        import: "Importieren",
        left_out: "Was ausgelassen wurde",
        localized: |report| {
            let mut parts = vec![format!("{} importiert", count(report.added as usize, "Unterhaltung", "Unterhaltungen"))];
            if report.grown > 0 {
                parts.push(format!("{} auf den neuesten Stand gebracht", report.grown));
            }
            if report.same > 0 {
                parts.push(format!("{} schon vorhanden", report.same));
            }
            if report.empty > 0 {
                parts.push(format!("{} leer", report.empty));
            }
            if report.left_out > 0 {
                parts.push(format!("{} ausgelassen", report.left_out));
            }
            format!("{}.", parts.join(", "))
        },
        links_heading: "Geteilte Links",
        no_links: "Du teilst keine Unterhaltung. Um eine zu teilen, wähle „Teilen…“ in ihrem Menü.",
        links: "Links",
        withdraw: |title| format!("Link zu {title} zurückziehen"),
        ends: |days| match days {
            0 => "läuft in wenigen Stunden ab".to_owned(),
            1 => "läuft in einem Tag ab".to_owned(),
            days => format!("läuft in {days} Tagen ab"),
        },
    },
    models: lazy::Models {
        lead: "Diese Modelle sind jetzt verfügbar. Wähle eines dort, wo du deine Nachricht schreibst. Die Wahl wird für jede Unterhaltung gemerkt.",
        default: "Voreingestellt",
        look_again: "Aktualisieren",
        connect: "Ein weiteres Modell verbinden",
        about_connect: "Holdfast findet Ollama, llama.cpp und LM Studio von selbst, wenn sie auf demselben Rechner laufen. Ein Administrator kann unter „Anbieter“ weitere hinzufügen oder eine dieser Variablen für den Server setzen und ihn neu starten.",
        ollama: "Ollama auf einem anderen Rechner",
        compatible: "Jeder Server mit der API von OpenAI",
        quote: "Zitiert passende Stellen aus dem Handbuch von Holdfast. Es ist kein Sprachmodell.",
        echo: "Wiederholt deine Nachricht Wort für Wort, zum Testen.",
    },
    keys: lazy::OwnKeys {
        heading: "Deine eigenen Schlüssel",
        lead: "Dein eigener Schlüssel wird nur für dich benutzt. Er wird verschlüsselt gespeichert, nie mehr angezeigt und mit deinem Konto gelöscht.",
        none: "Du hast hier keinen Schlüssel.",
        stored: "Dein Schlüssel ist gespeichert und wird für dich benutzt.",
        unreadable: "Dein Schlüssel lässt sich nicht mehr lesen, weil das Geheimnis des Servers geändert wurde. Gib ihn noch einmal ein.",
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
        token_for: |minutes| format!("noch {minutes} min gültig; wird automatisch erneuert"),
        token_renewed: "wird gerade erneuert",
        no_token: "nicht angemeldet",
        state: "Zustand",
        transport: "Übertragung",
        latency: "Latenz",
        token: "Zugangs-Token",
        origin: "Seite, API und Socket",
        measure: "Noch einmal messen",
        idle: |seconds| {
            format!(
                "Etwas zwischen dir und dem Server trennt Verbindungen, über die {seconds} s lang nichts kommt. Die Seite sendet häufiger ein Ping, also musst du nichts tun. Um die Ursache zu beheben, erhöhe das Zeitlimit dieses Programms (nginx: proxy_read_timeout 75s)."
            )
        },
    },
    users: lazy::Users {
        heading: "Benutzer",
        find: "Nach Namen suchen",
        more: "Mehr zeigen",
        why: "Grund (wird der Person angezeigt)",
        reset_two_factor: "Zwei-Faktor-Anmeldung zurücksetzen",
        reset_two_factor_named: |name| format!("Zwei-Faktor-Anmeldung zurücksetzen: {name}"),
        reset_two_factor_question: |name| format!("Zwei-Faktor-Anmeldung von {name} zurücksetzen?"),
        about_reset_two_factor: "Für eine Person, die ihr Telefon und ihre Wiederherstellungscodes verloren hat. Vergewissere dich, dass die Bitte wirklich von ihr kommt: Danach genügt das Passwort zur Anmeldung.",
        suspend: "Sperren",
        suspend_named: |name| format!("{name} sperren"),
        suspend_question: |name| format!("{name} sperren?"),
        about_suspend: "Alle Sitzungen enden sofort, und die Person kann sich nicht anmelden, bis du die Sperre aufhebst. Es werden keine Daten gelöscht.",
        remove_question: |name| format!("{name} löschen?"),
        about_remove: |n| format!("Dabei werden auch {} endgültig gelöscht.", count(n, "Unterhaltung", "Unterhaltungen")),
        password_heading: |name| format!("Ein neues Passwort für {name}"),
        password_link: "Link, gilt einmal innerhalb von zwei Tagen",
        done: "Fertig",
        never_here: "nie aktiv",
        here: |ago| format!("aktiv {ago}"),
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
        lift_suspension: "Entsperren",
        lift_suspension_named: |name| format!("{name} entsperren"),
        sessions: "Sitzungen",
        sessions_named: |name| format!("Sitzungen von {name}"),
        sessions_heading: |name| format!("Wo {name} angemeldet ist"),
        nowhere: "Nirgends.",
    },
    invitations: lazy::Invitations {
        heading: "Einladungen",
        open: "Alle können hier ein Konto anlegen, mit oder ohne Einladung.",
        invited: "Wer eine Einladung hat, kann ein Konto anlegen.",
        closed: "Dieser Server nimmt keine neuen Konten an, darum gelten Einladungen nicht. Um sie zu erlauben, setze HOLDFAST_SIGNUP=invitation und starte den Server neu.",
        for_whom: "Für wen",
        for_how_many: "Anzahl der Konten",
        for_days: "Wie viele Tage gültig",
        make: "Einladung erstellen",
        made: "Der Link zur Einladung",
        unnamed: "Eine Einladung",
        used: |used, uses| format!("{used} von {uses} benutzt"),
        left: |days| format!("noch {}", count(days as usize, "Tag", "Tage")),
        withdraw: |note| format!("{note} zurückziehen"),
    },
    providers: lazy::Providers {
        lead: "Die Modellanbieter dieses Servers, und wer sie benutzen kann. Ein Schlüssel, den du hier eingibst, wird verschlüsselt gespeichert und nie mehr angezeigt. Anbieter aus der Konfiguration des Servers lassen sich nur dort ändern.",
        everyone: "Alle",
        accounts: "Benutzer mit Konto",
        administrators: "Administratoren",
        inherited: "Wie der Anbieter",
        own_keys: "Benutzer dürfen eigene Schlüssel mitbringen",
        compatible: "OpenAI und kompatible Server",
        add_heading: "Anbieter hinzufügen",
        speaks: "API",
        name: "Name, etwa groq",
        address: "Adresse (leer: die des Herstellers)",
        key: "Schlüssel, wenn er einen braucht",
        visible_to: "Sichtbar für",
        add: "Hinzufügen",
        at_vendor: "unter der Adresse des Herstellers",
        configured: "aus der Konfiguration des Servers, auf seinem Rechner gefunden oder eingebaut",
        key_stored: " · sein Schlüssel ist gespeichert",
        without_key: " · ohne Schlüssel",
        unreadable: "Sein Schlüssel lässt sich nicht mehr lesen, weil das Geheimnis des Servers geändert wurde. Gib ihn noch einmal ein.",
        models: |n| count(n, "Modell", "Modelle"),
        unlisted: |n| {
            let models = count(n, "weiteres Modell steht", "weitere Modelle stehen");
            format!(
                "{models} nicht hier und nicht im Modellmenü, weil es zu viele sind. Füge ein Modell mit seinem Namen hinzu, damit es dort steht."
            )
        },
        no_list: "Er nennt keine Modelle. Du kannst jedes Modell mit seinem Namen benutzen. Füge die Namen hinzu, die in der Liste stehen sollen.",
        list_model: |name| format!("Noch ein Modell von {name}"),
        list_it: "In die Liste",
        who_may: |name| format!("Wer {name} benutzen darf"),
        change: |name| format!("{name} ändern"),
        its_address: "Seine Adresse (leer: die des Herstellers)",
        new_key: "Neuer Schlüssel (leer: unverändert)",
        bound: "Ein Schlüssel gehört zu dem Server, für den er eingegeben wurde. Wenn du Protokoll, Host oder Port der Adresse änderst, gib den Schlüssel hier noch einmal ein: Sonst wird der gespeicherte gelöscht. Eigene Schlüssel der Benutzer werden erst an die neue Adresse gesendet, wenn sie es bestätigen.",
        forget: "Schlüssel vergessen",
        forget_named: |name| format!("Den Schlüssel von {name} vergessen"),
    },
    limits: lazy::Limits {
        on: "Änderungen gelten sofort. Wer eine Grenze erreicht, erfährt, wann es wieder geht.",
        off: "Diese Grenzen gelten jetzt nicht, weil HOLDFAST_LIMITS ausgeschaltet ist. Änderungen gelten, sobald es wieder eingeschaltet ist.",
        messages: "Nachrichten pro Minute und Benutzer",
        answers: "Gleichzeitige Antworten pro Benutzer",
        sockets: "Gleichzeitige Verbindungen pro Benutzer",
        sign_in: "Anmeldeversuche pro Minute und Adresse",
        unauthenticated: "Sockets, die noch nicht angemeldet sind",
        conversations: "Von Programmen begonnene Unterhaltungen pro Minute und Benutzer",
        shares: "Geteilte Links pro Minute und Benutzer",
        changes: "Andere Änderungen pro Minute und Benutzer",
        guest_storage: "Speicher eines Gastes, MB (0: unbegrenzt)",
        user_storage: "Speicher eines Kontos, MB (0: unbegrenzt)",
        server_storage: "Speicher aller Benutzer zusammen, MB (0: unbegrenzt)",
        usually: |what, number| format!("{what} (Standard: {number})"),
        set_by: |origin| format!("Auf dem Server durch {origin} gesetzt. Ändere es dort."),
        fixed: "Fest",
        about_fixed: "Höchstens 256 KiB für eine Nachricht, 1 MiB für einen Frame auf dem Socket, 2 MiB für den Inhalt eines Aufrufs und 100 Unterhaltungen für eine Seite der Liste. Ein Client, der 30 s lang nichts liest, wird getrennt und macht nach dem Verbinden weiter.",
    },
    activity: lazy::Activity {
        heading: "Aktueller Betrieb",
        lead: |open, unknown| format!("Jetzt {} offen, dazu {unknown} noch nicht angemeldet.", count(open, "Verbindung", "Verbindungen")),
        old: " Die Seite zeigt den letzten bekannten Stand.",
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
    why_away: "Diese Seite wurde auf diesem Gerät noch nicht geöffnet, darum lässt sie sich jetzt nicht zeigen. Was du geschrieben hast, bleibt erhalten und wird gesendet, sobald du zurück bist.",
    these: "Diese Unterhaltungen sind verfügbar:",
    not_here: "Nicht hier",
    shown: "Jemand hat diese Unterhaltung mit dir geteilt. Du kannst sie lesen, aber nicht darin schreiben.",
    nothing: "Hier ist nichts",
    why_nothing: "Der Link ist abgelaufen, wurde zurückgezogen oder ist unvollständig. Bitte die Person, die ihn dir gab, um einen neuen.",
    question: "Frage",
    still_written: "Diese Antwort wird noch geschrieben. Lade die Seite neu, um mehr zu sehen.",
    unformatted: "Ohne Formatierung gezeigt, weil das Formatieren zu lange dauerte.",
    busy: "Der Server ist beschäftigt",
    why_busy: "Er kann diese Seite gerade nicht zeigen. Lade sie gleich neu.",
    altered: "Etwas zwischen dem Server und diesem Browser hat diese Seite verändert: ein Proxy, ein CDN oder eine Erweiterung. Was du schreibst, bleibt erhalten.",
    held: "Ein Teil dieser Seite ist nicht angekommen: Etwas dazwischen blockiert ihn, oder die Verbindung ist abgebrochen. Was du schreibst, bleibt erhalten.",
    stopped: "Diese Seite ist wegen eines Fehlers stehen geblieben. Was du schreibst, bleibt erhalten.",
    load_again: "Neu laden",
};
