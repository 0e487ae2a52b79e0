//! Recognising licences by their texts and notices: a file that holds one, or a paragraph about one. Only phrases that no
//! other licence has, so that what is not recognised stays unknown.

/// The rest of a longer text is not looked at.
const MAX_TEXT: usize = 1 << 20;
/// How far after a licence's name its version may stand, and after that the words about later ones; in bytes.
const REACH: usize = 90;
const REACH_LATER: usize = 120;

/// A licence has all of the first phrases and none of the second. Lower case, single spaces, no punctuation.
struct Phrases(&'static str, &'static [&'static str], &'static [&'static str]);

const MIT: &str =
    "permission is hereby granted free of charge to any person obtaining a copy of this software and associated";
const BSD: &str =
    "redistribution and use in source and binary forms with or without modification are permitted provided that";
const ADVERTISING: &str = "all advertising materials mentioning features or use of this software must display";
const ENDORSE: &str = "may be used to endorse or promote products derived from this software without";
const SELL: &str =
    "permission to use copy modify distribute and sell this software and its documentation for any purpose is";
const OPEN_GROUP: &str = "except as contained in this notice the name of the open group shall not be used";
const EXCEPT: &str = "except as contained in this notice the name";
const NOTICES: &str = "redistributions in binary form must reproduce the above copyright notice";

const TEXTS: &[Phrases] = &[
    Phrases("MIT", &[MIT], &[EXCEPT]),
    Phrases("X11", &[MIT, EXCEPT], &[]),
    Phrases("MIT-open-group", &[SELL, OPEN_GROUP], &[]),
    Phrases("HPND-sell-variant", &[SELL], &[OPEN_GROUP]),
    Phrases("Info-ZIP", &["version 2007 mar 4 of the info zip"], &[]),
    Phrases("PSF-2.0", &["python software foundation license version 2"], &[]),
    Phrases("BSD-2-Clause", &[BSD, NOTICES], &[ENDORSE, ADVERTISING, "endorse or promote"]),
    Phrases("BSD-3-Clause", &[BSD, NOTICES, ENDORSE], &[ADVERTISING]),
    Phrases("BSD-4-Clause", &[BSD, NOTICES, ENDORSE, ADVERTISING], &[]),
    Phrases(
        "ISC",
        &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby \
             granted provided that the above copyright notice and this permission notice appear in all copies",
        ],
        &[],
    ),
    Phrases(
        "ISC",
        &["permission to use copy modify and distribute this software for any purpose with or without fee is hereby \
             granted provided that the above copyright notice and this permission notice appear in all copies"],
        &[],
    ),
    Phrases(
        "Zlib",
        &[
            "altered source versions must be plainly marked as such and must not be misrepresented",
            "as is without any express or implied warranty",
        ],
        &[],
    ),
    Phrases("Apache-2.0", &["licensed under the apache license version 2.0"], &[]),
    Phrases("Apache-2.0", &["apache license version 2.0 january 2004"], &[]),
    Phrases("MPL-2.0", &["subject to the terms of the mozilla public license v 2.0"], &[]),
    Phrases("MPL-2.0", &["mozilla public license version 2.0 1 definitions"], &[]),
    Phrases("MPL-1.1", &["subject to the mozilla public license version 1.1"], &[]),
    Phrases("BSL-1.0", &["boost software license version 1.0"], &[]),
    Phrases("CC0-1.0", &["creative commons cc0 1.0 universal"], &[]),
    Phrases("Unlicense", &["this is free and unencumbered software released into the public domain"], &[]),
    Phrases(
        "FSFULLR",
        &[
            "gives unlimited permission to copy and or distribute it with or without modifications as long as this notice is preserved",
        ],
        &[],
    ),
    Phrases("EPL-2.0", &["eclipse public license v 2.0"], &[]),
    Phrases("EPL-1.0", &["eclipse public license v1.0"], &[]),
];

/// The SPDX ids of the licences whose texts or notices are in the text, each once.
pub(in crate::sbom) fn recognise(text: &str) -> Vec<String> {
    let plain = plain(text);
    let mut ids: Vec<String> = Vec::new();
    let texts = TEXTS.iter().filter(|Phrases(_, all, none)| {
        all.iter().all(|phrase| plain.contains(phrase)) && !none.iter().any(|phrase| plain.contains(phrase))
    });
    for id in texts.map(|Phrases(id, ..)| (*id).to_owned()).chain(gnu(&plain)) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Letters and digits in lower case, the points within numbers, and single spaces for all the rest.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MAX_TEXT));
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if plain.len() >= MAX_TEXT {
            break;
        }
        let point = c == '.'
            && plain.ends_with(|before: char| before.is_ascii_digit())
            && letters.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_alphanumeric() || point {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.ends_with(' ') && !c.is_alphanumeric() {
            plain.push(' ');
        }
    }
    plain
}

/// The licences of GNU in notices such as `under the terms of the GNU Lesser General Public License as published by the Free
/// Software Foundation; either version 2.1 of the License, or (at your option) any later version`.
fn gnu(plain: &str) -> Vec<String> {
    const NAME: &str = "general public license";
    let places: Vec<usize> = plain.match_indices(NAME).map(|(at, _)| at).collect();
    let ends = places.iter().copied().skip(1).chain([plain.len()]);
    let mut ids = Vec::new();
    for (&at, end) in places.iter().zip(ends) {
        let before = plain.get(..at).unwrap_or_default().trim_end();
        let (family, before) = match before.rsplit_once(' ').unwrap_or(("", before)) {
            (before, "lesser" | "library") => ("LGPL", before),
            (before, "affero") => ("AGPL", before),
            _ => ("GPL", before),
        };
        // Where the text lies is no licence: "the complete text of the GNU General Public License version 2".
        let before = before.trim_end_matches("gnu").trim_end().trim_end_matches("the").trim_end();
        if before.ends_with(" of") && ["text of", "copy of", "version of"].iter().any(|words| before.ends_with(words)) {
            continue;
        }
        let start = at + NAME.len();
        let after = plain.get(start..end).unwrap_or_default();
        let Some((number, rest)) = version(after) else { continue };
        let rest = rest.get(..REACH_LATER).unwrap_or(rest);
        let later = rest.contains("any later version") || rest.trim_start().starts_with("or later");
        let id = format!("{family}-{number}-{}", if later { "or-later" } else { "only" });
        ids.extend(super::names::license(&id).map(|id| id.into_owned()));
    }
    ids
}

/// The first version in the text, and what comes after.
fn version(text: &str) -> Option<(&'static str, &str)> {
    let at = text.get(..REACH).unwrap_or(text).find("version ").map(|at| at + 8);
    let at = at.or_else(|| text.starts_with(" v").then_some(2))?;
    let rest = text.get(at..)?;
    let word = rest.split(' ').next()?;
    let number = match word {
        "1" | "1.0" => "1.0",
        "2" | "2.0" => "2.0",
        "2.1" => "2.1",
        "3" | "3.0" => "3.0",
        _ => return None,
    };
    Some((number, rest.get(word.len()..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_recognised() {
        let gpl = "This program is free software; you can redistribute it and/or modify it under the terms of the GNU\n\
                   * General Public License as published by the Free Software Foundation; either version 2 of the\n\
                   * License, or (at your option) any later version. See the GNU General Public License for more.\n\
                   On Debian systems, the complete text of the GNU General Public License version 2 can be found in it.";
        let rows = [
            (gpl, "GPL-2.0-or-later"),
            ("under the GNU Lesser General Public License, version 2.1.", "LGPL-2.1-only"),
            ("GNU LIBRARY GENERAL PUBLIC LICENSE Version 2, or any later version", "LGPL-2.0-or-later"),
            ("GNU Affero General Public License v3 or later", "AGPL-3.0-or-later"),
            ("Licensed under the Apache License, Version 2.0 (the \"License\")", "Apache-2.0"),
            (
                "GNU General Public License version 2, and the GNU Lesser General Public License version 3 or later",
                "GPL-2.0-only LGPL-3.0-or-later",
            ),
            ("the GNU General Public License", ""),
            ("You may do what you want.", ""),
            ("", ""),
        ];
        for (text, right) in rows {
            assert_eq!(recognise(text).join(" "), right, "{text}");
        }
        println!("{} notices", rows.len());
    }

    #[test]
    fn the_members_of_the_bsd_family_are_told_apart() {
        let two = "Redistribution and use in source and binary forms, with or without modification, are permitted provided \
                   that the following conditions are met: 1. Redistributions of source code must retain it. 2. Redistributions \
                   in binary form must reproduce the above copyright notice.";
        let three = "Neither the name of the University nor the names of its contributors may be used to endorse or promote \
                     products derived from this software without specific prior written permission.";
        let four = "All advertising materials mentioning features or use of this software must display the following";
        assert_eq!(recognise(two), ["BSD-2-Clause"]);
        assert_eq!(recognise(&format!("{two} {three}")), ["BSD-3-Clause"]);
        assert_eq!(recognise(&format!("{two} {four} {three}")), ["BSD-4-Clause"]);
    }

    #[test]
    fn the_expat_and_the_x11_licence() {
        let mit = "// Permission is hereby granted, free of charge, to any person obtaining a copy\n\
                   // of this software and associated documentation files (the \"Software\"), to deal";
        assert_eq!(recognise(mit), ["MIT"]);
        assert_eq!(recognise(&format!("{mit} Except as contained in this notice, the name of X")), ["X11"]);
    }

    #[test]
    fn every_id_is_one() {
        for Phrases(id, ..) in TEXTS {
            assert!(spdx::license_id(id).is_some(), "{id}");
        }
    }

    #[test]
    fn long_texts_take_no_longer() {
        assert_eq!(recognise(&"general public license version ".repeat(200_000)), [""; 0]);
        assert_eq!(recognise(&"\u{1f600}. 1.".repeat(400_000)), [""; 0]);
    }
}
