//! How far long work is: a line on standard error that is written over, on a terminal only.

use std::io::{self, IsTerminal, Write};

/// The line.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    what: &'static str,
    is_shown: bool,
}

impl Progress {
    /// Counts `what` where somebody looks.
    pub(super) fn on_terminal(what: &'static str) -> Self {
        Self { what, is_shown: io::stderr().is_terminal() }
    }

    /// What takes the count: done, and in all.
    pub(super) fn shower(self) -> impl FnMut(u64, u64) + Send + 'static {
        move |done, total| self.line(format_args!("{done} of {total} {}", self.what))
    }

    /// Writes the line anew.
    pub(super) fn line(self, text: impl std::fmt::Display) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
