//! Where a password comes from: a file, standard input, the environment, or the random generator; never the command line, where
//! every user of the machine can read it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::say;
use crate::admin::{Problem, Secret};
use crate::registry::secret::system_random;

/// The password: from a file, else from DOMESDAY_PASSWORD, else made here and printed once.
#[derive(Debug, Args)]
pub(super) struct Password {
    /// The file whose first line is the password; - is standard input. Without it DOMESDAY_PASSWORD is
    /// taken from the environment, and without that a password is made and printed once
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// The password, and whether it was made here.
    pub(super) fn obtain(&self) -> Result<(Secret, bool), Problem> {
        if let Some(file) = &self.password_file {
            return Ok((Secret::password(&first_line(file)?)?, false));
        }
        match std::env::var(VARIABLE).map(Zeroizing::new) {
            Ok(password) => Ok((Secret::password(&password)?, false)),
            Err(std::env::VarError::NotPresent) => Ok((Secret::password(&generated())?, true)),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Problem::new(format_args!("{VARIABLE} is not UTF-8; set it to a password")))
            }
        }
    }
}

/// Prints a password that was made here, once it is the account's.
pub(super) fn say_if_made(password: &Secret, made: bool) {
    if made {
        say(format_args!("password: {}\nIt is shown only now.", *password.expose()));
    }
}

fn first_line(file: &Path) -> Result<Zeroizing<String>, Problem> {
    let mut text = Zeroizing::new(String::with_capacity(PASSWORD_FILE_BYTES_MAX));
    let read = if file == Path::new("-") {
        io::stdin().take(PASSWORD_FILE_BYTES_MAX as u64).read_to_string(&mut text)
    } else {
        std::fs::File::open(file)
            .and_then(|opened| opened.take(PASSWORD_FILE_BYTES_MAX as u64).read_to_string(&mut text))
    };
    read.map_err(|cause| {
        Problem::new(format_args!(
            "the password file {} cannot be read ({cause}); name one that can",
            file.display()
        ))
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// Sixteen characters, which is what RFC 5730's `pwType` holds, of 64: 96 random bits.
fn generated() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 16]);
    system_random(bytes.as_mut_slice());
    Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect())
}

/// 64 characters that XML, shells and people take as they are.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VARIABLE: &str = "DOMESDAY_PASSWORD";
const PASSWORD_FILE_BYTES_MAX: usize = 4096;
