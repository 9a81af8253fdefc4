//! German sentences of errors, by reason. Each table is in the file of the page that needs it first.

use crate::strings::Errors;

/// Begins a sentence about a provider: a vendor, or one that an administrator added.
macro_rules! who {
    ($($rest:expr),*) => { concat!("[{vendor}][Der Anbieter `{provider}`]", $($rest),*) };
}
/// A provider's own words, within a sentence.
macro_rules! quoted {
    () => {
        "[: „{quote}“][{?page}: Es kam eine Webseite statt einer Antwort[, „{page}“]]"
    };
}
/// Ends sentences that leave out the cause.
macro_rules! administrators {
    () => {
        "Administratoren sehen die Ursache unter Einstellungen → Anbieter."
    };
}
macro_rules! easy_password {
    ($why:literal) => {
        concat!(
            "Dieses Passwort ist leicht zu erraten: ",
            $why,
            ". Wähle ein anderes, etwa ein paar Wörter, die nichts miteinander zu tun haben."
        )
    };
}
macro_rules! readable {
    ($what:literal) => {
        concat!($what, " Holdfast liest Exporte von Holdfast, ChatGPT, Claude, Gemini, Grok, DeepSeek, Open WebUI, LibreChat, LobeChat, HuggingChat, Jan und llama.cpp sowie Listen von Nachrichten mit „role“ und „content“, als JSON, JSON Lines, ZIP oder gzip, und die Aktivitätsseite von Gemini.")
    };
}

/// Errors that any page can meet. A name that begins with a colon is a code: the sentence of its reasons without their own.
pub(super) const FIRST: Errors = &[
    (":rate_limited", "Das war zu viel in kurzer Zeit."),
    (":token_invalid", "Deine Anmeldung gilt hier nicht mehr. Melde dich noch einmal an."),
    (":token_malformed", "Deine Anmeldung gilt hier nicht mehr. Melde dich noch einmal an."),
    ("token_expired", "Deine Anmeldung ist abgelaufen. Melde dich noch einmal an."),
    ("session_expired", "Deine Anmeldung ist abgelaufen. Melde dich noch einmal an."),
    ("session_ended", "Diese Sitzung ist zu Ende: Sie wurde abgemeldet, oder ihr Konto wurde gelöscht. Melde dich noch einmal an."),
    ("signed_out_elsewhere", "Du wurdest von einem anderen Gerät oder Tab aus abgemeldet. Melde dich noch einmal an."),
    ("signed_out_by_administrator", "Ein Administrator hat dich hier abgemeldet. Melde dich noch einmal an."),
    ("account_removed", "Dieses Konto und alles darin wurden gelöscht."),
    ("account_suspended", "Dieses Konto wurde gesperrt[: {why}]. Wende dich an einen Administrator."),
    ("not_found", "Hier ist nichts mit dieser Kennung. Vielleicht ist es schon weg: Lade die Liste neu."),
    ("conversation_not_found", "Diese Unterhaltung gibt es nicht. Öffne eine aus der Liste oder beginne eine neue."),
    ("proxy_sign_in", "Etwas vor dem Server verlangt eine Anmeldung. Lade die Seite neu."),
    ("proxy_unreachable", "Etwas vor dem Server erreicht ihn gerade nicht. Versuch es gleich noch einmal."),
    (
        "proxy_answered",
        "Etwas vor dem Server hat an seiner Stelle geantwortet. Lade die Seite neu; hilft das nicht, sieh in dessen Log nach.",
    ),
    ("server_unreachable", "Der Server ist gerade nicht zu erreichen. Versuch es wieder, wenn du verbunden bist."),
    ("reply_not_understood", "Die Antwort des Servers war nicht zu verstehen. Lade die Seite neu: Vielleicht gibt es eine neuere Version."),
    ("outbox_not_stored", "Dieser Browser merkt sich für diese Seite nichts. Was noch wartet, geht verloren, wenn du sie schließt."),
    ("connection_refused", "Der Server hat die Verbindung abgelehnt."),
    ("connection_closed", "Der Server hat die Verbindung geschlossen. Versuch es noch einmal."),
    ("too_many_connections", "Du hast schon {most} Verbindungen offen, mehr gehen nicht. Schließe einen Tab."),
    (
        "disk_full",
        "Die Festplatte des Servers ist voll. Nichts geht verloren: Was du geschrieben hast, wartet hier und wird gesendet, sobald Platz ist. Sag es einem Administrator.",
    ),
    ("store_failed", "Der Server kann seine Daten gerade nicht lesen oder schreiben. Nichts geht verloren. Versuch es gleich noch einmal."),
    ("store_busy", "Der Server ist überlastet. Versuch es gleich noch einmal."),
    ("server_restarting", "Der Server startet neu. Versuch es gleich noch einmal."),
    ("try_again", "Das konnte der Server gerade nicht tun. Versuch es noch einmal."),
    ("server_error", "Der Server hat einen Fehler gemacht, der in seinem Log steht. Versuch es noch einmal."),
];

/// Errors of sending, of answers, and of a conversation's menu.
pub(super) const CONVERSATION: Errors = &[
    ("upload_too_large", "Eine Datei hat hier höchstens {mib} MB. Lade sie in Teilen hoch."),
    ("too_many_files", "Du hast so viele Dateien, wie möglich sind ({most}). Lösche einige, die du nicht mehr brauchst."),
    (
        "proxy_too_large",
        "Etwas vor dem Server lehnt so große Daten ab. Sende weniger, oder erhöhe dort die Grenze auf 256 MB: client_max_body_size bei nginx (1 MB, wenn es fehlt), LimitRequestBody bei Apache. Das Handbuch zeigt die Zeile für jeden Proxy.",
    ),
    (
        "proxy_too_slow",
        "Etwas vor dem Server wartet nicht, bis alles angekommen ist. Erhöhe dort das Zeitlimit: client_body_timeout bei nginx, RequestReadTimeout bei Apache, readTimeout bei Traefik.",
    ),
    (
        "proxy_cut",
        "Die Verbindung wurde beim Senden getrennt, obwohl der Server zu erreichen ist. Meist lehnt etwas vor ihm so große Daten ab: Erhöhe client_max_body_size bei nginx, LimitRequestBody bei Apache.",
    ),
    ("message_not_found", "Diese Nachricht gibt es nicht."),
    ("answer_not_found", "Diese Antwort gibt es nicht."),
    ("message_id_missing", "Die Nachricht hat keine message_id."),
    ("message_empty", "Die Nachricht ist leer. Schreib etwas."),
    ("message_too_long", "Die Nachricht hat {bytes} Bytes, höchstens {most} sind möglich. Sende sie in Teilen."),
    (
        "conversation_full",
        "Diese Unterhaltung hat die Grenze von 64 MB erreicht. Beginne eine neue. Lesen und exportieren kannst du diese weiterhin.",
    ),
    ("id_used", "Diese {field} gehört schon zu einer anderen Nachricht. Erzeuge für jede Nachricht eine neue (eine zufällige UUID)."),
    ("nothing_to_continue", "Diese Antwort ist vollständig, es gibt nichts weiterzuführen. Frag in einer neuen Nachricht nach mehr."),
    ("conversation_unsteady", "Die Unterhaltung hat sich zu schnell geändert, um gelesen zu werden. Versuch es noch einmal."),
    ("settings_invalid", "Die Einstellungen sind ungültig: {detail}."),
    ("setting_bounds", "Die Einstellung `{setting}` muss von {least} bis {most} reichen."),
    ("instructions_too_long", "Anweisungen haben höchstens {most} Zeichen. Kürze sie."),
    ("month_invalid", "Ein Monat hat vier Ziffern für das Jahr, einen Bindestrich und zwei für den Monat, etwa 2026-12."),
    ("prices_invalid", "Die Preise sind ungültig: {detail}."),
    ("budget_too_large", "Ein Budget ist höchstens {money} Einheiten der Währung und höchstens {tokens} Tokens groß."),
    ("stop_invalid", "Die Einstellung `stop` hat höchstens {most} Texte mit je 1 bis {longest} Zeichen."),
    ("project_name_empty", "Ein Projekt hat einen Namen von 1 bis {most} Zeichen."),
    ("too_many_projects", "Du hast {most} Projekte; mehr sind nicht möglich. Lösche zuerst eines."),
    ("too_many_project_files", "Ein Projekt hat höchstens {most} Dateien. Entferne zuerst einige."),
    ("project_not_found", "Dieses Projekt gibt es nicht. Wähle eins aus der Liste."),
    ("title_empty", "Ein Titel hat 1 bis 200 Zeichen."),
    ("text_too_long", "Hier sind höchstens {most} Zeichen möglich, ohne Zeilenumbrüche."),
    (
        "text_has_controls",
        "Zeilenumbrüche und Steuerzeichen sind hier nicht möglich. Entferne U+{character}, oder tippe den Text neu, statt ihn einzufügen.",
    ),
    (
        "text_has_invisibles",
        "Unsichtbare Zeichen und solche, die die Schreibrichtung ändern, sind hier nicht möglich. Entferne U+{character}, oder tippe den Text neu, statt ihn einzufügen.",
    ),
    ("nothing_to_share", "Diese Nachricht gibt es in der Unterhaltung nicht, darum gibt es nichts zu teilen."),
    ("share_days", "Ein Link gilt 1 bis 365 Tage."),
    ("too_many_messages", "Zu viele Nachrichten in einer Minute."),
    ("too_many_conversations", "In einer Minute wurden zu viele Unterhaltungen begonnen."),
    ("too_many_shares", "In einer Minute wurden zu viele Links erstellt."),
    ("too_many_changes", "Zu viele Änderungen in einer Minute."),
    ("too_many_searches", "Gerade laufen zu viele Suchen."),
    ("too_many_answers", "Für dich werden schon {most} Antworten geschrieben. Warte auf eine, oder halte eine an."),
    ("too_many_followed", "Ein Socket kann höchstens {most} Unterhaltungen folgen. Schließe eine."),
    ("too_many_unauthenticated", "Zu viele Verbindungen sind noch nicht angemeldet. Versuch es gleich noch einmal."),
    (
        "too_many_from_network",
        "Aus deinem Netz sind so viele Verbindungen offen, wie möglich sind. Schließe einige, oder versuch es später.",
    ),
    ("too_many_open", "Beim Server sind so viele Verbindungen offen, wie möglich sind. Versuch es später."),
    ("too_many_reading", "Gerade werden zu viele lange Unterhaltungen gelesen. Versuch es gleich noch einmal."),
    ("too_many_rendering", "Gerade werden zu viele Seiten aufgebaut. Lade diese gleich neu."),
    (
        "budget_used_up",
        "Dein Budget für diesen Monat ist aufgebraucht. Am {date} beginnt es von vorn. Bitte bis dahin einen Administrator um mehr, oder wähle ein Modell, das nichts kostet.",
    ),
    (
        "budget_too_small",
        "Was von deinem Budget für diesen Monat übrig ist, reicht für diese Antwort nicht. Am {date} beginnt es von vorn. Wähle bis dahin ein günstigeres Modell, beginne eine neue Unterhaltung, die dem Modell weniger sendet, oder bitte einen Administrator um mehr.",
    ),
    (
        "guest_storage_full",
        "Dein Speicher ist voll: {used_mb} von {quota_mb} MB sind belegt. Lösche Unterhaltungen oder Dateien, die du nicht mehr brauchst, oder leg ein Konto an: Darin ist mehr Platz.",
    ),
    (
        "account_storage_full",
        "Dein Speicher ist voll: {used_mb} von {quota_mb} MB sind belegt. Lösche Unterhaltungen oder Dateien, die du nicht mehr brauchst, oder bitte einen Administrator um mehr.",
    ),
    (
        "server_storage_full",
        "Der Speicher des Servers ist voll: {used_mb} von {quota_mb} MB sind belegt. Lösche Unterhaltungen oder Dateien, die du nicht mehr brauchst, oder sag es einem Administrator.",
    ),
    ("message_waits_for_restart", "Der Server startet neu. Die Nachricht wird gesendet, wenn er wieder da ist."),
    ("search_too_long", "Diese Suche hat zu lange gedauert und wurde beendet. Suche nach einem längeren Wort oder nach mehr Wörtern."),
    (
        "answer_waits_for_disk",
        "Die Festplatte des Servers ist voll, darum kann er die Antwort nicht speichern. Nichts geht verloren: Die Nachricht bleibt, und die Antwort wird gespeichert, sobald Platz ist. Sende die Nachricht dann noch einmal mit derselben message_id. Sag es einem Administrator.",
    ),
    (
        "answer_not_saved",
        "Der Server kann die Antwort gerade nicht speichern. Die Nachricht bleibt. Sende sie später noch einmal mit derselben message_id.",
    ),
    ("default_model", "Das voreingestellte Modell `{default_model}` lässt sich nicht benutzen: {sentence} Oder wähle ein anderes Modell."),
    (
        "last_model",
        "Diese Unterhaltung beantwortet `{last_model}`[ beim Anbieter `{last_provider}`], aber das geht jetzt nicht. {sentence} Wähle ein anderes Modell, um hier weiterzumachen.",
    ),
    ("provider_not_found", "Es gibt keinen Anbieter `{provider}`.[ Wähle einen von diesen: {providers}.]"),
    ("provider_not_answering", "{vendor} antwortet nicht. Versuch es noch einmal, oder wähle einen anderen Anbieter."),
    ("provider_not_set_up", "{vendor} ist hier nicht eingerichtet. Wähle einen anderen Anbieter."),
    (
        "provider_has_no_models",
        "Der Anbieter `{provider}` nennt kein Modell, das antworten kann. Nenne eines, lade dort eines, oder wähle einen anderen Anbieter.",
    ),
    ("model_not_found", "Kein Anbieter hat ein Modell `{model}`.[ Es gibt: {models}[ und {more} weitere].]"),
    ("model_not_at_provider", "Der Anbieter `{provider}` hat kein Modell `{model}`.[ Es gibt: {models}[ und {more} weitere].]"),
    ("model_ambiguous", "Kein Anbieter nennt ein Modell `{model}`, und mehrere könnten es haben. Sag, welches gemeint ist: {models}."),
    (
        "builtin_model_not_found",
        "Der eingebaute Anbieter hat `quote`, `echo` und `echo-N-I` (N Wörter bis {words}, eines alle I ms bis {ms}), aber kein Modell `{model}`.",
    ),
    ("echo_not_for_guests", "Gäste können `echo-N-I` hier nicht benutzen. Melde dich an, oder wähle ein anderes Modell."),
    ("echo_too_long", "`echo-N-I` kann hier höchstens {most} Wörter haben. Wähle ein kleineres N."),
    ("echo_too_long_for_guest", "`echo-N-I` kann hier bei einem Gast ohne Pausen höchstens {most} Wörter haben. Wähle ein kleineres N."),
    (
        "deployment_name_invalid",
        "Der Name eines Deployments hat nur Buchstaben, Ziffern, Binde- und Unterstriche und Punkte. Wähle ein anderes Modell.",
    ),
    (
        "provider_unusable",
        concat!(
            "Der Anbieter `{provider}` lässt sich so, wie er eingerichtet ist, nicht benutzen. Wähle einen anderen. ",
            administrators!()
        ),
    ),
    (
        "own_key_unconfirmed",
        "Die Adresse von `{provider}` wurde geändert, darum wird dein Schlüssel dafür nicht gesendet. Bestätige sie unter Einstellungen → Modelle, oder gib dort einen anderen ein.",
    ),
    (
        "own_key_unreadable",
        "Dein Schlüssel für `{provider}` lässt sich nicht mehr lesen, weil das Geheimnis des Servers geändert wurde. Gib ihn unter Einstellungen → Modelle noch einmal ein.",
    ),
    (
        "key_unreadable",
        "Der Schlüssel von `{provider}` lässt sich nicht mehr lesen, weil das Geheimnis des Servers geändert wurde. Ein Administrator muss ihn unter Einstellungen → Anbieter noch einmal eingeben.",
    ),
    (
        "own_keys_off",
        "Für den Anbieter `{provider}` kann man hier keine eigenen Schlüssel benutzen. Lass ihn in api_keys weg, oder bitte einen Administrator, es zu erlauben.",
    ),
    (
        "provider_key_refused",
        who!(" nimmt den Schlüssel dieses Servers nicht an", quoted!(), ". Wähle ein anderes Modell. ", administrators!()),
    ),
    (
        "own_key_refused",
        concat!(
            "Dein Schlüssel für `{provider}` wurde von seinem Anbieter abgelehnt",
            quoted!(),
            ". Er ist falsch, abgelaufen, oder darf das nicht. Gib unter Einstellungen → Modelle einen anderen ein, oder entferne ihn dort."
        ),
    ),
    (
        "provider_key_missing",
        who!(" verlangt einen Schlüssel und hat keinen", quoted!(), ". Wähle ein anderes Modell. ", administrators!()),
    ),
    (
        "provider_credit_used_up",
        concat!(
            "Das Konto dieses Servers bei [{vendor}][`{provider}`] hat kein Guthaben mehr",
            quoted!(),
            ". Wähle ein anderes Modell. ",
            administrators!()
        ),
    ),
    (
        "own_credit_used_up",
        concat!(
            "Das Konto hinter deinem Schlüssel für `{provider}` hat kein Guthaben mehr, oder sein Kontingent ist verbraucht",
            quoted!(),
            ". Erhöhe es bei seinem Anbieter."
        ),
    ),
    (
        "provider_refused_request",
        who!(
            " hat die Anfrage mit dem Status {status} abgelehnt",
            quoted!(),
            ". Versuch es noch einmal, oder wähle ein anderes Modell. ",
            administrators!()
        ),
    ),
    (
        "provider_refused_content",
        who!(
            " hat die Anfrage wegen seiner Regeln zu Inhalten abgelehnt",
            quoted!(),
            ". Frag mit anderen Worten, oder wähle ein anderes Modell."
        ),
    ),
    (
        "provider_refused_length",
        who!(" nimmt keine so lange Unterhaltung", quoted!(), ". Beginne eine neue, oder wähle ein Modell, das mehr aufnimmt."),
    ),
    (
        "provider_needs_other_api",
        who!(
            " antwortet[ mit `{model}`] nur über die Responses-API (/v1/responses), und hat auch das abgelehnt",
            quoted!(),
            ". Wähle ein anderes Modell."
        ),
    ),
    ("provider_lacks_model", who!(" hat kein Modell `{model}`", quoted!(), ". Wähle ein anderes.")),
    ("provider_rate_limited", who!(" nimmt gerade keine Anfragen mehr an", quoted!(), ". Versuch es in einer Weile noch einmal.")),
    ("provider_rate_limited_for", who!(" nimmt gerade keine Anfragen mehr an", quoted!(), ". Versuch es in {wait} noch einmal.")),
    (
        "last_message_too_long",
        "Schon die letzte Nachricht passt nicht in das Fenster[ von {tokens} Tokens], das `{model}` hat. Kürze sie, oder wähle ein Modell mit größerem Fenster.",
    ),
    ("provider_unreachable", who!(" ist nicht zu erreichen. Versuch es noch einmal, oder wähle ein anderes Modell. ", administrators!())),
    ("provider_misconfigured", who!(" funktioniert so, wie er eingerichtet ist, nicht. Wähle ein anderes Modell. ", administrators!())),
    (
        "provider_failed",
        who!(
            " hatte einen Fehler[ mit dem Status {status}]",
            quoted!(),
            ". Versuch es noch einmal, oder wähle ein anderes Modell. ",
            administrators!()
        ),
    ),
    ("provider_loading", who!(" lädt das Modell", quoted!(), ". Versuch es in einer Weile noch einmal.")),
    (
        "provider_too_slow",
        who!(" hat innerhalb von {seconds} s nicht begonnen zu antworten. Versuch es noch einmal, oder wähle ein kleineres Modell."),
    ),
    ("provider_list_too_slow", "Der Anbieter `{provider}` hat seine Modelle nicht innerhalb von {seconds} s genannt."),
    ("provider_list_gone", "Der Anbieter `{provider}` nennt keine Modelle mehr. Seine letzte Liste wird benutzt."),
    (
        "provider_encoding",
        who!(
            " hat seine Antwort als `{encoding}` komprimiert. Das war nicht verlangt und lässt sich hier nicht lesen. Wähle ein anderes Modell. ",
            administrators!()
        ),
    ),
    (
        "provider_sent_page",
        who!(" hat eine Webseite statt einer Antwort gesendet. Versuch es noch einmal, oder wähle ein anderes Modell. ", administrators!()),
    ),
    ("provider_loads_model", who!(" lädt das Modell. Das kann Minuten dauern.")),
    (
        "provider_silent",
        who!(" hat noch nicht begonnen zu antworten. Vielleicht wird das Modell geladen, oder andere sind zuerst an der Reihe."),
    ),
    ("answer_empty", "Das Modell hat nichts geschrieben. Versuch es noch einmal, oder wähle ein anderes Modell."),
    (
        "answer_only_reasoning",
        "Das Modell hat nachgedacht und dann nichts geschrieben. Versuch es noch einmal, oder wähle ein anderes Modell.",
    ),
    ("answer_picture", "Das Modell hat mit einem Bild geantwortet, das sich hier noch nicht zeigen lässt. Bitte es um Text."),
    (
        "answer_only_tool",
        "Das Modell möchte ein Werkzeug benutzen und hat hier keines. Frag mit anderen Worten, oder wähle ein anderes Modell.",
    ),
    (
        "answer_needs_tool",
        "Das Modell möchte ein Werkzeug benutzen und hat hier keines. Sag ihm, was fehlt, oder wähle ein anderes Modell.",
    ),
    ("answer_declined", "Das Modell wollte nicht antworten und sagt nicht, warum. Frag mit anderen Worten, oder wähle ein anderes Modell."),
    (
        "answer_filtered",
        who!(" hielt die Antwort wegen seiner Regeln zu Inhalten zurück. Frag mit anderen Worten, oder wähle ein anderes Modell."),
    ),
    (
        "answer_rest_filtered",
        who!(" hielt den Rest wegen seiner Regeln zu Inhalten zurück. Frag mit anderen Worten, oder wähle ein anderes Modell."),
    ),
    ("output_limit", "Das Modell hat die Grenze seiner Ausgabe erreicht. Lass es weiterschreiben, oder bitte um eine kürzere Antwort."),
    (
        "output_limit_without_text",
        "Das Modell hat die Grenze seiner Ausgabe erreicht, bevor es ein Wort schrieb. Bitte um weniger, oder wähle ein anderes Modell.",
    ),
    ("window_filled", "Die Unterhaltung hat das Fenster des Modells gefüllt. Beginne eine neue, oder wähle ein Modell, das mehr aufnimmt."),
    ("answer_too_long", "Die Antwort hat 8 MiB erreicht, länger kann sie nicht sein. Frag in einer neuen Nachricht nach dem Rest."),
    (
        "reasoning_too_long",
        who!(" hat mehr als 8 MiB lang nachgedacht und wurde beendet. Frag etwas Kleineres, oder wähle ein anderes Modell."),
    ),
    ("answer_failed", who!(" hatte mitten in der Antwort einen Fehler", quoted!(), ". Lass die Antwort fortsetzen.")),
    ("answer_broke_off", who!(" hat mitten in der Antwort abgebrochen. Lass die Antwort fortsetzen.")),
    ("answer_fell_silent", who!(" blieb mitten in der Antwort {seconds} s lang still. Lass die Antwort fortsetzen.")),
    ("restarted", "Der Server wurde währenddessen neu gestartet. Was schon da war, ist noch da; mit „Weiter“ geht es von dort aus weiter."),
    (":length_limit", "Das Modell hat die Grenze seiner Ausgabe erreicht. Lass es weiterschreiben, oder bitte um eine kürzere Antwort."),
    (
        ":content_filtered",
        "Der Anbieter hielt es wegen seiner Regeln zu Inhalten zurück. Frag mit anderen Worten, oder wähle ein anderes Modell.",
    ),
    (":model_refused", "Das Modell wollte nicht antworten und sagt nicht, warum. Frag mit anderen Worten, oder wähle ein anderes Modell."),
    (":empty_answer", "Das Modell hat nichts geschrieben. Versuch es noch einmal, oder wähle ein anderes Modell."),
    (":context_full", "Die Unterhaltung ist länger, als das Modell aufnimmt. Beginne eine neue, oder wähle ein Modell, das mehr aufnimmt."),
    (":tool_failed", "Das Modell möchte ein Werkzeug benutzen und hat hier keines. Sag ihm, was fehlt, oder wähle ein anderes Modell."),
];

/// Errors of signing in, of the settings and of administration, and those that only programs meet.
pub(super) const LAZY: Errors = &[
    ("upload_length_missing", "Nenne die Größe der Datei im Header Upload-Length, oder sende die ganze Datei als multipart/form-data."),
    ("upload_version_unknown", "Dieser Server spricht Version 1.0.0 des tus-Protokolls. Sende „Tus-Resumable: 1.0.0“."),
    ("upload_offset_wrong", "Von dieser Datei sind hier {at} Bytes. Frag mit HEAD, wie viele es sind, und mach dort weiter."),
    ("upload_checksum_invalid", "Upload-Checksum muss aus sha1 oder sha256, einem Leerzeichen und der Prüfsumme in Base64 bestehen."),
    ("upload_checksum_wrong", "Dieser Teil der Datei hat eine andere Prüfsumme: Er wurde unterwegs verändert. Sende ihn noch einmal."),
    ("upload_too_long", "Es kommen mehr Bytes an als die angekündigten {bytes}. Lade die Datei neu hoch."),
    ("upload_busy", "Eine andere Anfrage schreibt noch an dieser Datei. Versuch es gleich noch einmal."),
    ("upload_part_missing", "Das Formular enthält keine Datei. Sende eine, etwa so: curl -F file=@lecture.pdf"),
    ("too_many_attachments", "An einer Nachricht hängen höchstens {most} Dateien. Sende mehrere Nachrichten."),
    ("file_name_empty", "Der Name einer Datei hat 1 bis 200 Zeichen."),
    ("file_not_complete", "Diese Datei ist noch nicht ganz angekommen. Setze das Hochladen fort."),
    ("file_not_stored", "Der Server kann diese Datei gerade nicht lesen oder schreiben. Versuch es gleich noch einmal."),
    ("file_range_invalid", "Die Datei hat {bytes} Bytes, in diesem Bereich ist also nichts."),
    ("page_not_found", "Diese Seite gibt es in der Datei nicht, oder nichts darauf ließ sich lesen."),
    ("page_not_read_yet", "Diese Seite ist noch nicht gelesen. Versuch es gleich noch einmal."),
    // The form of requests, and access tokens.
    ("call_not_found", "Diesen Aufruf gibt es nicht. Unter /api/docs stehen die Aufrufe dieses Servers."),
    ("method_not_allowed", "Diese Adresse nimmt {method} nicht an. Benutze eine Methode aus dem Header „Allow“ dieser Antwort."),
    ("path_missing", "Eine Anfrage muss einen Pfad nennen, der mit „/“ beginnt."),
    ("host_missing", "Die Anfrage hat keinen Host-Header. Sende genau einen, etwa: Host: chat.example.com"),
    ("host_invalid", "Die Anfrage hat einen Host-Header, der keinen Host nennt. Sende genau einen, etwa: Host: chat.example.com"),
    ("host_repeated", "Die Anfrage hat mehrere Host-Header. Sende genau einen, etwa: Host: chat.example.com"),
    ("address_invalid", "Die Adresse ist ungültig: {detail}"),
    ("address_not_text", "Der Name in der Adresse ist kein gültiger Text. Schreibe ihn als UTF-8 in Prozentkodierung."),
    ("body_not_json", "Sende den Inhalt als JSON, mit „Content-Type: application/json“."),
    ("body_encoded", "Sende den Inhalt, wie er ist, ohne „Content-Encoding“."),
    ("body_invalid", "Der Inhalt ist ungültig: {detail}."),
    ("body_incomplete", "Der Inhalt ist nicht vollständig angekommen. Sende ihn noch einmal."),
    (
        "body_too_slow",
        "Der Inhalt kam nicht innerhalb von {seconds} s. Sende ihn noch einmal über eine schnellere Verbindung, oder in Teilen.",
    ),
    ("body_too_large", "Der Inhalt ist größer als {kib} KiB. Sende ihn in Teilen."),
    ("body_too_large_before_sign_in", "Der Inhalt ist größer als {kib} KiB. Melde dich zuerst an: Dann ist die Grenze höher."),
    ("cursor_invalid", "Dieser Cursor ist ungültig. Lass ihn für die erste Seite weg."),
    ("have_invalid", "have muss ein JSON-Objekt {answer_id: bytes} sein und have_steps {answer_id: [bytes]}, beide URL-kodiert."),
    (
        "origin_foreign",
        "Die Seite kommt von {origin}, und das ist nicht dieser Server. Möglich gewesen wäre: {accepted}. Um es zu erlauben: {fix}",
    ),
    (
        "origin_unknown_name",
        "{origin} ist nicht als Adresse dieses Servers bekannt, es könnte also eine fremde Seite dahinter sein (DNS-Rebinding). Wird dieser Server dort geöffnet, setze: {fix}",
    ),
    (
        "origin_other_port",
        "Die Seite kommt von {origin}, aber dieser Server wurde als {accepted} gefragt. Ein Proxy davor scheint Port oder Protokoll wegzulassen. Setze: {fix} (oder in nginx: proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;)",
    ),
    (
        "upgrade_missing",
        "Diese Adresse ist für WebSockets, aber die Anfrage ist keiner ({detail}). Hat der Socket eines Browsers hierher geführt, hat ein Proxy davor das Upgrade entfernt. {fix}",
    ),
    (
        "token_missing",
        "Dieser Aufruf braucht den Header „Authorization: Bearer …“ mit einem Zugangs-Token. POST /api/auth/login oder /api/auth/guest liefert eines.",
    ),
    ("no_session", "Es gibt keine Sitzung. Melde dich an, oder beginne als Gast."),
    // Frames and sockets.
    ("frame_invalid", "Kein Frame: {detail}."),
    ("frame_type_unknown", "Es gibt keinen Frame vom Typ „{type}“. Es gibt: {types}."),
    ("frame_too_large", "Der Frame hat {bytes} Bytes, höchstens {most} sind möglich."),
    ("frame_binary", "Frames sind Text, aber dieser war binär."),
    ("frame_not_text", "Ein Text-Frame muss UTF-8 sein."),
    ("frame_violation", "Das ist kein Frame des WebSocket-Protokolls: {detail}."),
    ("frames_too_fast", "Mehr als {most} Frames in einer Sekunde."),
    ("bytes_too_fast", "Mehr als {most} Bytes in einer Sekunde."),
    ("too_much_before_sign_in", "Vor der Anmeldung kamen mehr als {most} Bytes. Sende zuerst nur „initial“ mit dem Token."),
    (
        "socket_not_authenticated",
        "Der Socket hat sich nicht innerhalb von {seconds} s angemeldet. Sende zuerst {\"type\":\"initial\",\"token\":…}.",
    ),
    ("first_frame_not_initial", "Der erste Frame muss anmelden: {\"type\":\"initial\",\"token\":…}."),
    ("already_authenticated", "Dieser Socket ist schon angemeldet. Sende `auth`, um das Token zu erneuern."),
    ("user_id_wrong", "user_id ist nicht der Benutzer des Tokens. Lass sie weg, oder sende das Token dieses Benutzers."),
    ("token_of_other_session", "Das neue Token gehört zu einer anderen Sitzung. Öffne damit einen neuen Socket."),
    ("session_id_invalid", "Eine session_id hat 1 bis 128 Zeichen aus A-Z, a-z, 0-9, _ und -."),
    // Signing in and signing up.
    ("credentials_wrong", "Name oder Passwort ist falsch."),
    ("second_factor_needed", "Dieses Konto hat eine Zwei-Faktor-Anmeldung: Gib auch den Code ein, den deine App zeigt."),
    ("sign_in_code_wrong", "Dieser Code ist falsch oder wurde schon benutzt. Gib den Code ein, den deine App jetzt zeigt."),
    ("too_many_attempts", "Von hier kamen zu viele Versuche."),
    ("too_many_codes", "Es wurden zu viele Codes versucht."),
    ("guests_off", "Dieser Server nimmt keine Gäste an. Melde dich an, oder leg ein Konto an."),
    ("invitation_needed", "Um hier ein Konto anzulegen, brauchst du eine Einladung. Bitte einen Administrator darum."),
    ("sign_up_closed", "Dieser Server nimmt keine neuen Konten an. Frag einen Administrator."),
    ("invitation_used_up", "Diese Einladung ist aufgebraucht. Bitte um eine neue."),
    ("invitation_expired", "Diese Einladung ist abgelaufen. Bitte um eine neue."),
    ("invitation_unknown", "Diese Einladung gibt es nicht: Sie wurde zurückgezogen, oder der Link ist unvollständig. Bitte um eine neue."),
    ("name_length", "Ein Name hat 1 bis {most} Zeichen, ohne Zeilenumbrüche."),
    (
        "name_mixes_scripts",
        "Ein Name hat Buchstaben aus nur einer Schrift, weil Buchstaben aus zwei Schriften gleich aussehen können. Tippe ihn ganz auf einer Tastatur. Lateinische Buchstaben zusammen mit chinesischen, japanischen oder koreanischen sind möglich.",
    ),
    ("name_taken", "Diesen Namen gibt es schon. Wähle einen anderen, oder melde dich an."),
    ("password_length", "Ein Passwort hat 8 bis 1024 Zeichen. Ein paar Wörter sind besser als viele Sonderzeichen."),
    ("password_has_name", easy_password!("Es besteht aus dem Namen, oder aus dem von Holdfast")),
    ("password_common", easy_password!("Viele benutzen es")),
    ("password_like_common", easy_password!("Es ähnelt einem, das viele benutzen")),
    ("password_keys", easy_password!("Seine Tasten liegen nebeneinander")),
    ("password_repeats", easy_password!("Es wiederholt immer wieder dasselbe")),
    ("password_sequence", easy_password!("Es geht weiter, wie man es erwartet")),
    ("password_date", easy_password!("Es ist ein Datum")),
    ("password_word", easy_password!("Es ist ein einzelnes Wort")),
    ("password_personal_name", easy_password!("Es ist ein Name")),
    ("password_guessable", easy_password!("Es lässt sich mit einer Million Versuchen finden")),
    ("password_not_checked", "Der Server konnte dieses Passwort gerade nicht prüfen. Versuch es noch einmal."),
    ("password_link_invalid", "Dieser Link wurde schon benutzt, ist abgelaufen oder wurde ersetzt. Bitte um einen neuen."),
    (
        "first_administrator_link_invalid",
        "Dieser Link wurde schon benutzt oder stammt von einem früheren Start. Starte den Server für einen neuen neu. Er gibt nur einen aus, solange es keinen Administrator gibt.",
    ),
    ("sign_in_method_not_found", "Diese Anmeldemethode gibt es hier nicht. Wähle eine andere."),
    (
        "sign_in_not_begun",
        "Diese Antwort gehört zu keiner Anmeldung, die in diesem Browser begonnen wurde. Erlaube Cookies für diese Seite, und beginne hier noch einmal.",
    ),
    ("sign_in_too_late", "Diese Anmeldung hat länger als 10 Minuten gedauert oder wurde schon benutzt. Beginne noch einmal."),
    (
        "sign_in_denied",
        "{provider} hat dich nicht hereingelassen: Du hast dort abgebrochen, oder du darfst dich hier nicht anmelden. Versuch es noch einmal, oder wähle eine andere Anmeldemethode.",
    ),
    (
        "sign_in_unreachable",
        "{provider} ist gerade nicht zu erreichen. Versuch es später noch einmal, oder wähle eine andere Anmeldemethode.",
    ),
    (
        "sign_in_misunderstood",
        "{provider} und dieser Server verstehen einander nicht. Sag es einem Administrator: Im Log des Servers steht, warum.",
    ),
    ("sign_in_forgotten", "{provider} kennt diese Anmeldung nicht mehr. Beginne noch einmal."),
    (
        "sign_in_unverified",
        "Was {provider} gesendet hat, ließ sich nicht prüfen, darum bist du nicht angemeldet. Versuch es noch einmal. Geschieht es wieder, sag es einem Administrator.",
    ),
    (
        "sign_in_not_confirmed",
        "{provider} hat nicht bestätigt, dass du dich dort gerade eben angemeldet hast, und das ist hier nötig. Melde dich bei {provider} ab, und versuch es noch einmal. Geschieht es wieder, sag es einem Administrator: Im Log des Servers steht, warum.",
    ),
    (
        "sign_in_clocks_differ",
        "Die Uhren von {provider} und von diesem Server gehen verschieden. Bitte einen Administrator, die Uhr des Servers zu stellen.",
    ),
    ("sign_in_no_account", "Du hast hier noch kein Konto, und dieser Server nimmt keine neuen Konten an. Frag einen Administrator."),
    (
        "sign_in_not_invited",
        "Du hast hier noch kein Konto, und für ein neues brauchst du eine Einladung. Öffne den Link deiner Einladung, und melde dich von dort aus an.",
    ),
    ("sign_in_invitation_invalid", "Diese Einladung ist aufgebraucht, abgelaufen oder wurde zurückgezogen. Bitte um eine neue."),
    (
        "identity_taken",
        "Dein Konto bei {provider} ist hier mit einem anderen Konto verbunden. Trenne es zuerst dort, oder benutze ein anderes Konto bei {provider}.",
    ),
    ("identity_other", "Dieses Konto ist schon mit einem anderen Konto bei {provider} verbunden. Trenne das zuerst."),
    // One's own account.
    ("password_wrong", "Das aktuelle Passwort ist falsch."),
    ("sign_in_too_old", "Deine letzte Anmeldung ist zu lange her. Melde dich zuerst noch einmal an, um zu bestätigen, dass du es bist."),
    ("code_wrong", "Dieser Code ist falsch oder wurde schon benutzt. Gib den Code ein, den deine App jetzt zeigt."),
    ("two_factor_on", "Dieses Konto hat schon eine Zwei-Faktor-Anmeldung."),
    (
        "two_factor_needs_password",
        "Dieses Konto hat kein Passwort. Schalte die Zwei-Faktor-Anmeldung bei deinem Anmeldeanbieter ein, oder setze zuerst ein Passwort.",
    ),
    ("last_sign_in_method", "Das ist deine einzige Anmeldemethode. Setze zuerst ein Passwort."),
    ("guest_without_name", "Ein Gast hat keinen Namen und kein Passwort. Leg zuerst ein Konto an."),
    ("guest_without_password", "Ein Gast hat kein Passwort. Leg zuerst ein Konto an."),
    ("guest_without_account", "Ein Gast hat noch kein Konto. Melde dich über den Anbieter an, um eines zu bekommen."),
    ("guest_without_keys", "Ein Gast kann keinen Schlüssel speichern. Leg zuerst ein Konto an."),
    // Administration.
    ("administrators_only", "Das dürfen nur Administratoren."),
    ("last_administrator", "Das ist der einzige Administrator. Mach zuerst jemand anderen zum Administrator."),
    ("role_guest", "Ein Konto gehört einem Mitglied oder einem Administrator. Es kann nicht zu dem eines Gastes werden."),
    (
        "two_factor_owner_only",
        "Nur der Inhaber eines Kontos kann die Zwei-Faktor-Anmeldung einschalten. Administratoren können sie nur zurücksetzen.",
    ),
    ("two_factor_own", "Schalte deine eigene Zwei-Faktor-Anmeldung unter Einstellungen → Konto aus, mit deinem Passwort und einem Code."),
    ("invitation_bounds", "Eine Einladung hat eine Notiz von höchstens 100 Zeichen, gilt für 1 bis 1000 Konten und 1 bis 365 Tage."),
    (
        "invitations_off",
        "Dieser Server nimmt keine neuen Konten an, darum gelten Einladungen nicht. Um sie zu erlauben, setze HOLDFAST_SIGNUP=invitation und starte den Server neu.",
    ),
    ("limit_fixed", "Die Grenze {limit} stammt aus der Konfiguration des Servers ({origin}), die vorgeht. Ändere sie dort."),
    ("limit_bounds", "Eine Grenze ist eine Zahl von 1 bis {most}. Beim Speicher heißt 0 unbegrenzt."),
    ("provider_name_invalid", "Der Name eines Anbieters hat 1 bis 32 Zeichen aus a-z, 0-9 und -, zum Beispiel `groq`."),
    ("provider_name_taken", "Es gibt schon einen Anbieter mit diesem Namen. Wähle einen anderen."),
    ("provider_models_invalid", "Der Name eines Modells hat 1 bis 200 Zeichen. Höchstens 2000 Modelle lassen sich auf einmal ändern."),
    ("provider_configured", "Dieser Anbieter gehört zur Konfiguration des Servers. Ändere Adresse und Schlüssel dort."),
    ("provider_hidden", "Ein Anbieter aus der Konfiguration hat denselben Namen und geht vor. Entferne diesen oder jenen."),
    ("provider_settings_invalid", "So lässt sich der Anbieter nicht einrichten: {detail}"),
    (
        "provider_address_has_secrets",
        "In der Adresse darf kein Name, kein Passwort und keine Abfrage stehen. Gib den Schlüssel als Schlüssel ein.",
    ),
    ("provider_address_invalid", "Die Adresse muss so aussehen wie https://api.groq.com/openai/v1 oder http://127.0.0.1:8080/v1."),
    ("list_age", "{sentence} Die Modelle stammen aus der letzten Liste ({list_age})."),
    ("key_invalid", "Ein Schlüssel hat höchstens {most} Zeichen, ohne Leerzeichen und Zeilenumbrüche. Kopiere ihn noch einmal."),
    ("key_empty", "Der Schlüssel ist leer. Füge ihn ganz ein."),
    ("key_not_encrypted", "Der Schlüssel ließ sich nicht verschlüsseln, darum wurde er nicht gespeichert. Versuch es noch einmal."),
    ("test_too_slow", "Er hat innerhalb von {seconds} s nicht geantwortet. Vielleicht lädt er ein großes Modell: Versuch es noch einmal."),
    (
        "test_list_too_slow",
        "Er hat seine Modelle nicht innerhalb von {seconds} s genannt. Nenne hier unter Modelle eines, und versuch es noch einmal.",
    ),
    ("test_without_list", "Er antwortet und nennt keine Modelle. Nenne hier unter Modelle eines, und versuch es noch einmal."),
    ("test_without_model", "Er antwortet und hat kein Modell, das antworten kann. Lade dort eines, oder nenne hier eines."),
    ("test_without_text", "Er hat geantwortet, aber ohne ein Wort."),
    // Imports.
    ("import_running", "Eine andere Datei von dir wird gerade importiert. Warte, bis sie fertig ist."),
    ("imports_busy", "Gerade werden andere Dateien importiert. Versuch es gleich noch einmal."),
    ("file_empty", readable!("Die Datei ist leer. Lade sie noch einmal herunter.")),
    ("file_tar", readable!("Das ist ein tar-Archiv. Entpacke es, und wähle das JSON darin oder ein ZIP.")),
    ("file_other_archive", readable!("Dieses Archiv ist kein ZIP. Entpacke es, und wähle das JSON darin.")),
    ("file_zip_broken", readable!("Dieses ZIP ist leer oder nur ein Teil.")),
    ("file_database", readable!("Das ist eine Datenbank. Exportiere die Unterhaltungen stattdessen als JSON.")),
    ("file_table", readable!("Das ist weder JSON noch ein ZIP, sondern vielleicht eine Tabelle (CSV), die sich nicht lesen lässt.")),
    ("file_unknown", readable!("Das ist weder JSON noch ein ZIP.")),
    ("file_incomplete", "Die Datei ist nicht vollständig angekommen. Sende sie noch einmal."),
    ("file_too_large", "Die Datei ist größer als 256 MiB. Importiere nur die conversations.json darin, oder importiere sie in Teilen."),
    (
        "file_too_slow",
        "Die Datei kommt zu langsam an, mit weniger als 16 KiB in der Sekunde. Sende sie über eine schnellere Verbindung, oder in Teilen.",
    ),
    ("file_no_room", "Der Server hat gerade keinen Platz für diese Datei. Versuch es später, oder in Teilen."),
];
