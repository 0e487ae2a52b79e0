//! Names of people, and when two of them are one person's: what two keyboards, or somebody who wants to count twice, make of one name
//! has to come out the same. Letters of another script that look alike stay others.

use unicode_normalization::UnicodeNormalization;

/// Whether these are two spellings of one name.
pub(super) fn same_person(a: &str, b: &str) -> bool {
    normal(a) == normal(b)
}

/// The name as it is compared: without regard to case, to how a letter with marks is spelled (`é` as one or as two), to the width and
/// the style of letters and spaces (NFKD), and to what nobody sees. Empty where nothing is left.
pub(super) fn normal(name: &str) -> String {
    let seen = name.chars().filter(|c| !is_unseen(*c));
    // By way of capitals: `ß` is two of them, and `ſ` is an `s`.
    let capitals = seen.nfkd().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    words(&capitals.flat_map(char::to_lowercase).nfkd().collect::<String>())
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What leaves no trace on paper: control characters, and those that Unicode says are ignored where they are not known.
fn is_unseen(c: char) -> bool {
    match c {
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' => true,
        '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control() && !c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_persons() {
        for (one, other) in [
            ("alice", " ALICE\t"),
            ("alice", "alice\u{200b}"),
            ("alice", "\u{feff}al\u{ad}ice\u{202e}"),
            ("alice", "a\u{0}lice"),
            ("alice", "ａｌｉｃｅ"),
            ("alice", "𝐚𝓁𝒊𝘤𝙚"),
            ("Anna Maria", "anna\u{3000} maria\u{a0}"),
            ("Jos\u{e9}", "Jose\u{301}"),
            ("JOS\u{c9}", "jose\u{301}"),
            ("\u{c5}ke", "\u{212b}ke"),
            ("Nguy\u{1ec5}n", "Nguye\u{302}\u{303}n"),
            ("Nguy\u{1ec5}n", "Nguy\u{ea}\u{303}n"),
            ("a\u{323}\u{302}", "a\u{302}\u{323}"),
            ("Straße", "STRASSE"),
            ("\u{130}lker", "i\u{307}lker"),
            ("Παναγιώτης", "ΠΑΝΑΓΙΩ\u{301}ΤΗΣ"),
            ("Андре\u{439}", "Андреи\u{306}"),
            ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("가", "\u{1100}\u{1161}"),
            ("\u{fb01}ona", "fiona"),
            ("か\u{3099}", "が"),
        ] {
            assert!(same_person(one, other), "{one} {other}: {:?} {:?}", normal(one), normal(other));
        }
    }

    #[test]
    fn other_names_are_other_peoples() {
        for (one, other) in [
            ("alice", "bob"),
            ("alice", "alices"),
            ("Jos\u{e9}", "Jose"),
            ("Ann Amaria", "Anna Maria"),
            ("Bj\u{f6}rn", "Bjorn"),
            ("한", "글"),
            ("각", "가"),
            // A Cyrillic letter that looks like a Latin one.
            ("alice", "\u{430}lice"),
        ] {
            assert!(!same_person(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_of_what_nobody_sees_is_empty() {
        for name in ["", " \t", "\u{200b}\u{feff}", "\u{3000}", "\u{0}", "\u{3164}"] {
            assert_eq!(normal(name), "", "{name:?}");
        }
    }
}
