//! What the pages say, in each language.

use crate::app::look::LinkState;
use crate::domain::language::Language;

/// The words of the page with the form.
pub struct FormWords {
    /// Title; `{}` is the organisation.
    pub title: &'static str,
    /// Who invites; `{}` is the name.
    pub inviter: &'static str,
    /// Until when; `{}` is the time.
    pub until: &'static str,
    /// For which address; `{}` is the address.
    pub address: &'static str,
    /// The first field.
    pub password: &'static str,
    /// The second field.
    pub again: &'static str,
    /// What a password must be; `{}` is the number of characters.
    pub rule: &'static str,
    /// The button.
    pub submit: &'static str,
    /// Title after accepting.
    pub done: &'static str,
    /// Text after accepting; `{}` is the address.
    pub done_text: &'static str,
}

/// The words of the page with the form.
pub const fn form(language: Language) -> FormWords {
    match language {
        Language::English => FormWords {
            title: "Your invitation to {}",
            inviter: "{} invites you.",
            until: "The link works until {}.",
            address: "You will sign in as {}.",
            password: "Choose a password",
            again: "The same password again",
            rule: "At least {} characters. A sentence of four or five words is easy to remember.",
            submit: "Accept invitation",
            done: "Welcome",
            done_text: "Your password is stored; from now on you sign in as {}. You can close this page.",
        },
        Language::German => FormWords {
            title: "Ihre Einladung zu {}",
            inviter: "{} lädt Sie ein.",
            until: "Der Link gilt bis {}.",
            address: "Sie melden sich künftig als {} an.",
            password: "Wählen Sie ein Passwort",
            again: "Dasselbe Passwort noch einmal",
            rule: "Mindestens {} Zeichen. Ein Satz aus vier oder fünf Wörtern ist leicht zu merken.",
            submit: "Einladung annehmen",
            done: "Willkommen",
            done_text: "Ihr Passwort ist gespeichert; ab jetzt melden Sie sich als {} an. Sie können diese Seite schließen.",
        },
        Language::French => FormWords {
            title: "Votre invitation chez {}",
            inviter: "{} vous invite.",
            until: "Le lien est valable jusqu’au {}.",
            address: "Vous vous connecterez en tant que {}.",
            password: "Choisissez un mot de passe",
            again: "Le même mot de passe encore une fois",
            rule: "Au moins {} caractères. Une phrase de quatre ou cinq mots est facile à retenir.",
            submit: "Accepter l’invitation",
            done: "Bienvenue",
            done_text: "Votre mot de passe est enregistré ; vous vous connectez désormais en tant que {}. Vous pouvez fermer cette page.",
        },
    }
}

/// Title and text for a link that does not work any more.
pub const fn dead(language: Language, state: LinkState) -> (&'static str, &'static str) {
    match (language, state) {
        (Language::English, LinkState::Expired) => {
            ("This link has expired", "Ask whoever invited you for a new one; it takes them one key.")
        }
        (Language::English, LinkState::Superseded) => {
            ("A newer mail was sent", "Only the link in the newest mail works. Look for it, also among spam.")
        }
        (Language::English, LinkState::Used) => (
            "This link was used already",
            "Sign in with your password. If you forgot it, ask an administrator for a reset.",
        ),
        (Language::English, _) => {
            ("This invitation was withdrawn", "Ask whoever invited you if you think that is a mistake.")
        }
        (Language::German, LinkState::Expired) => (
            "Dieser Link ist abgelaufen",
            "Bitten Sie um einen neuen: Wer Sie eingeladen hat, braucht dafür einen Tastendruck.",
        ),
        (Language::German, LinkState::Superseded) => (
            "Es wurde eine neuere Mail gesendet",
            "Nur der Link in der neuesten Mail gilt. Suchen Sie sie, auch unter Spam.",
        ),
        (Language::German, LinkState::Used) => (
            "Dieser Link wurde schon benutzt",
            "Melden Sie sich mit Ihrem Passwort an. Wenn Sie es vergessen haben, bitten Sie die Verwaltung, es zurückzusetzen.",
        ),
        (Language::German, _) => {
            ("Diese Einladung wurde zurückgezogen", "Fragen Sie nach, wenn Sie das für ein Versehen halten.")
        }
        (Language::French, LinkState::Expired) => {
            ("Ce lien a expiré", "Demandez-en un nouveau à la personne qui vous a invité.")
        }
        (Language::French, LinkState::Superseded) => (
            "Un message plus récent a été envoyé",
            "Seul le lien du dernier message fonctionne. Cherchez-le, aussi parmi les indésirables.",
        ),
        (Language::French, LinkState::Used) => (
            "Ce lien a déjà été utilisé",
            "Connectez-vous avec votre mot de passe. Si vous l’avez oublié, demandez une réinitialisation.",
        ),
        (Language::French, _) => ("Cette invitation a été retirée", "Renseignez-vous si vous pensez à une erreur."),
    }
}
