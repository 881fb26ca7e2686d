//! Passwords from a prompt, a file or the standard input; never from the command line, where every
//! user of the machine can read them.
use std::{
    fs,
    io::{self, BufRead, IsTerminal},
};

use crate::failure::{Failure, code};

/// Reads a new password: from `source` (a path, or `-` for the standard input), else by asking twice.
pub(crate) fn new_password(source: Option<&str>) -> Result<String, Failure> {
    let password = match source {
        Some("-") => first_line(&mut io::stdin().lock())?,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::of(&format!("cannot read {path}"), &error))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => ask_twice()?,
    };
    if password.is_empty() {
        return Err(Failure::new("the password is empty").with_code(code::USAGE));
    }
    Ok(password)
}

fn first_line(input: &mut impl BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(|error| Failure::of("cannot read the password", &error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_twice() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new("there is no terminal to ask for a password")
            .next("Give --password-file FILE, or --password-file - to read it from standard input.")
            .with_code(code::USAGE));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map_err(|error| Failure::of("cannot ask for the password", &error))
    };
    let password = ask("Password: ")?;
    if ask("Again: ")? != password {
        return Err(Failure::new("the two passwords differ").with_code(code::USAGE));
    }
    Ok(password)
}

/// Asks whether to go on; anything but `y` or `yes` means no.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new("this needs to be confirmed")
            .next("Give --yes to confirm it without a terminal.")
            .with_code(code::USAGE));
    }
    crate::output::note(&format!("{question} [y/N]"));
    let answer = first_line(&mut io::stdin().lock())?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new("not confirmed; nothing was changed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_its_break_and_keeps_its_spaces() {
        assert_eq!(first_line(&mut &b" pass word \r\nsecond\n"[..]).unwrap(), " pass word ");
        assert_eq!(first_line(&mut &b""[..]).unwrap(), "");
    }
}
