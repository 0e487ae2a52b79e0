//! Lists below the facts of a message: as much of them as there is room for, and how much is left out.

use std::borrow::Cow;

use crate::visible;

/// The longest line, in characters. Most changes have a third of it.
const MAX_LINE: usize = 1_000;

/// A list below a heading, such as what a plan changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is a list of.
    pub name: String,
    /// Its lines, the most important first.
    pub lines: Vec<String>,
    /// How many there are beside these.
    pub more: usize,
}

impl Listed {
    /// The first of them, each as one line; `None` where there are none.
    pub(super) fn first<T: ToString>(most: usize, name: &str, of: &[T]) -> Option<Self> {
        if of.is_empty() {
            return None;
        }
        let lines = of.iter().take(most).map(|one| one_line(&one.to_string())).collect();
        Some(Listed { name: name.to_owned(), lines, more: of.len().saturating_sub(most) })
    }

    /// What it is a list of, and how long it is.
    pub(super) fn heading(&self) -> String {
        format!("{} ({})", self.name, self.lines.len().saturating_add(self.more))
    }

    /// As many lines as there is room for, and one that says how many are left out. `size` is what a line takes.
    pub(super) fn fitting(&self, room: usize, size: impl Fn(&str) -> usize) -> Vec<String> {
        let mut left = room;
        let fits = |line: &&String| match left.checked_sub(size(line.as_str())) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let mut lines: Vec<String> = self.lines.iter().take_while(fits).cloned().collect();
        let hidden = (self.lines.len() - lines.len()).saturating_add(self.more);
        if hidden > 0 {
            lines.push(format!("{hidden} more are not shown here; the plan's file has them."));
        }
        lines
    }

    /// The same where there is room enough.
    pub(super) fn whole(&self) -> Vec<String> {
        self.fitting(usize::MAX, |_| 0)
    }
}

fn one_line(text: &str) -> String {
    let line = visible::line(text);
    match visible::short(&line, MAX_LINE) {
        Cow::Borrowed(whole) => whole.to_owned(),
        Cow::Owned(start) => format!("{start} (the plan's file has the rest)"),
    }
}
