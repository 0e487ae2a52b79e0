//! A table for a terminal, as wide as that is.

use super::{ReportOptions, words};
use crate::gate::{Assessment, Standing, Vulnerability};
use crate::model::Outcome;
use crate::visible;

/// Narrower terminals get this width.
const NARROWEST: usize = 40;
const NAMES: [&str; 6] = ["SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED IN", "STATE"];
/// What a column may shrink to.
const LEAST: [usize; 6] = [8, 8, 8, 6, 6, 6];

pub(super) fn write(assessment: &Assessment, options: &ReportOptions) -> String {
    let width = options.width.max(NARROWEST);
    let mut out = Text { out: String::new(), width };
    out.line(&format!("{} {}", words::subject(assessment), words::verdict(assessment)));
    for verdict in std::iter::once(&assessment.verdict).chain(&assessment.gates) {
        for reason in verdict.reasons.iter().filter(|reason| reason.outcome != Outcome::Pass) {
            out.wrapped(&format!("  {}: ", reason.outcome), &format!("{}: {}", verdict.gate, reason.message));
        }
    }
    out.line("");
    if !assessment.vulnerabilities.is_empty() {
        out.table(assessment.vulnerabilities.iter().map(row).collect());
        out.line("");
    }
    let tallies = assessment.tallies.iter().filter(|tally| tally.found > 0 || tally.max.is_some());
    let tallies: Vec<String> = tallies
        .map(|tally| {
            let max = tally.max.map(|max| format!(" of at most {max}")).unwrap_or_default();
            let others = tally.excepted.saturating_add(tally.cleared);
            let others = if others > 0 { format!(" (and {others} that do not count)") } else { String::new() };
            format!("{} {}{max}{others}", tally.counting, tally.severity)
        })
        .collect();
    out.wrapped("", &tallies.join(", "));
    for remedy in assessment.remedies.iter().take(20) {
        out.wrapped("  - ", &words::remedy(remedy));
    }
    out.out
}

fn row(one: &Vulnerability) -> [String; 6] {
    let exploited = if one.exploited { " (exploited)" } else { "" };
    let state = match one.standing {
        Standing::Counts if one.blocks.is_empty() => String::new(),
        Standing::Counts => "blocks".to_owned(),
        Standing::Excepted => "excepted".to_owned(),
        Standing::Cleared => "cleared".to_owned(),
    };
    let cells = [
        one.severity.to_string(),
        format!("{}{exploited}", one.id),
        one.package.clone(),
        words::versions(one),
        words::fix(one),
        state,
    ];
    cells.map(|cell| visible::line(&cell).into_owned())
}

struct Text {
    out: String,
    width: usize,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.out.push_str(&visible::line(line));
        self.out.push('\n');
    }

    /// Text over several lines, those after the first indented as what stands before it.
    fn wrapped(&mut self, before: &str, text: &str) {
        let indent = " ".repeat(columns(before));
        let (mut line, mut used) = (before.to_owned(), columns(before));
        let mut is_empty = true;
        for word in visible::line(text).split(' ') {
            if !is_empty && used + 1 + columns(word) > self.width {
                self.line(&line);
                (line, used, is_empty) = (indent.clone(), indent.len(), true);
            }
            if !is_empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += columns(word);
            is_empty = false;
        }
        self.line(&line);
    }

    fn table(&mut self, rows: Vec<[String; 6]>) {
        let mut widths = NAMES.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = columns(cell).max(*width);
            }
        }
        shrink(&mut widths, self.width);
        self.row(NAMES.map(str::to_owned), &widths);
        rows.into_iter().for_each(|row| self.row(row, &widths));
    }

    fn row(&mut self, row: [String; 6], widths: &[usize; 6]) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let cell = fitting(cell, *width);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - columns(&cell)));
        }
        self.line(line.trim_end());
    }
}

/// Makes the widest columns narrower until all fit, or none can give way any more.
fn shrink(widths: &mut [usize; 6], width: usize) {
    const GAPS: usize = 10;
    while widths.iter().sum::<usize>() + GAPS > width {
        let widest = (0..widths.len()).filter(|&i| widths[i] > LEAST[i]).max_by_key(|&i| widths[i]);
        let Some(widest) = widest else { return };
        widths[widest] -= 1;
    }
}

/// The text in so many columns, with `…` where some of it is left out.
fn fitting(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += column(c);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// How many columns a character takes: none for marks that join the one before, two for the wide ones of East Asia.
fn column(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
