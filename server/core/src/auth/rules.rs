//! Rules for passwords, for the page, the API and the command line.

use std::collections::HashSet;

use holdfast_protocol::{ApiError, Reason};
use zxcvbn::{
    Score,
    feedback::{Feedback, Warning},
    zxcvbn,
};

/// Checks whether a new password is good enough for a user of this name.
///
/// Passwords that can be guessed within a million attempts are refused: a patient attacker with many addresses can make so many. The check
/// takes some computation, so it does not run on the threads that serve sockets.
///
/// # Errors
/// The password is too short, too long, or easy to guess.
pub async fn good_password(password: &str, name: &str) -> Result<(), ApiError> {
    if !(8..=1024).contains(&password.chars().count()) {
        return Err(Reason::PasswordLength.into());
    }
    let (password, name) = (password.to_owned(), name.trim().to_owned());
    let why = tokio::task::spawn_blocking(move || easy_to_guess(&password, &name)).await;
    match why {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(why.into()),
        Err(_) => Err(Reason::PasswordNotChecked.error().retry_after(1_000)),
    }
}

/// Returns why a password can be guessed within a million attempts; `None` if it can't.
fn easy_to_guess(password: &str, name: &str) -> Option<Reason> {
    // Words that attackers try first if they know the user and the server.
    let parts: HashSet<&str> = name.split(|c: char| !c.is_alphanumeric()).chain([name, "holdfast"]).filter(|part| part.len() > 1).collect();
    let parts: Vec<&str> = parts.into_iter().collect();
    let found = zxcvbn(password, &parts);
    if found.score() >= Score::Two {
        return None;
    }
    let password = password.to_lowercase();
    if parts.iter().any(|part| part.len() > 2 && password.contains(&part.to_lowercase())) {
        return Some(Reason::PasswordHasName);
    }
    Some(match found.feedback().and_then(Feedback::warning) {
        Some(Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword) => Reason::PasswordCommon,
        Some(Warning::ThisIsSimilarToACommonlyUsedPassword) => Reason::PasswordLikeCommon,
        Some(Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess) => Reason::PasswordKeys,
        Some(Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => Reason::PasswordRepeats,
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => Reason::PasswordSequence,
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => Reason::PasswordDate,
        Some(Warning::AWordByItselfIsEasyToGuess) => Reason::PasswordWord,
        Some(Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess) => {
            Reason::PasswordPersonalName
        }
        None => Reason::PasswordGuessable,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn what_many_have_is_refused_with_a_reason() {
        for (password, name, why) in [
            ("iloveyou", "Ada", Reason::PasswordCommon),
            ("P@ssw0rd", "Ada", Reason::PasswordLikeCommon),
            ("12345678", "Ada", Reason::PasswordCommon),
            ("qwertyuiop", "Ada", Reason::PasswordCommon),
            ("zxcvbnm,.", "Ada", Reason::PasswordKeys),
            ("aaaaaaaaaaaa", "Ada", Reason::PasswordRepeats),
            ("abcdefgh", "Ada", Reason::PasswordSequence),
            ("13051982", "Ada", Reason::PasswordDate),
            ("Lovelace1815", "Ada Lovelace", Reason::PasswordHasName),
            ("adaadaada", "ada", Reason::PasswordHasName),
            ("holdfast1", "Ada", Reason::PasswordHasName),
        ] {
            let api_error = good_password(password, name).await.unwrap_err();
            assert!(api_error.is(why) && !api_error.error.contains(password), "{password}: {}", api_error.error);
        }
        let api_error = good_password("short", "Ada").await.unwrap_err();
        assert!(api_error.is(Reason::PasswordLength));
    }

    #[tokio::test]
    async fn what_is_good_is_taken_as_it_is() {
        let long: String = (0..200).map(|n| format!("{} ", n * 7)).collect();
        for password in ["correct horse", "battery staple", "Tr0ub4dor&3", "пароль из слов", "a good password", "🦀🦀 crabs walk", &long]
        {
            assert_eq!(good_password(password, "Ada").await, Ok(()), "{password}");
        }
        // The same password is good for one user and not for another.
        assert_eq!(good_password("Wilhelmina Gruber", "Ada").await, Ok(()));
        assert!(good_password("Wilhelmina Gruber", "wilhelmina gruber").await.is_err());
    }
}
