//! Which licence a text is: the common ones, by the sentences that only they have.
//!
//! A text that is not known says nothing; it is never taken for the one that it resembles most.

use super::text_file::{Parsed, TextFile};
use super::{Fact, FileInfo};

/// A longer file is a collection of notices, and what is in it says nothing of one package.
const MAX_TEXT: usize = 256 << 10;

pub(super) const CATALOGER: TextFile = TextFile { name: "license-text", wants, parse };

/// The names that licence files usually have.
const NAMES: [&str; 8] =
    ["LICENSE", "LICENCE", "License", "license", "LICENSE-MIT", "MIT-LICENSE", "COPYING", "UNLICENSE"];

/// Where the licence of a package may be in its folder, which ends in a slash or is empty.
pub(super) fn candidates(folder: &str) -> impl Iterator<Item = String> {
    NAMES.iter().flat_map(move |name| ["", ".md", ".txt", ".rst"].map(|end| format!("{folder}{name}{end}")))
}

/// Whether a file of this name holds a licence, and no code about licences.
pub(super) fn is_license_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let (stem, end) = name.split_once('.').unwrap_or((&name, ""));
    let known_end =
        ["", "md", "txt", "rst", "markdown", "mit", "bsd", "apache", "apache2", "gpl", "lgpl", "psf", "isc"];
    let last = end.rsplit('.').next().unwrap_or_default();
    ["license", "licence", "copying", "unlicense", "mit-license"].iter().any(|word| stem.starts_with(word))
        && stem.len() <= 32
        && known_end.contains(&last)
}

fn wants(file: &FileInfo<'_>) -> bool {
    // What the distribution installed is stated in its own database.
    let by_distribution = ["usr/share/doc/", "usr/share/licenses/", "usr/share/common-licenses/"];
    is_license_file(file.file_name())
        && (1..=MAX_TEXT as u64).contains(&file.size)
        && !by_distribution.iter().any(|folder| file.path.starts_with(folder))
}

fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let ids = recognise(text);
    Ok(if ids.is_empty() { Vec::new() } else { vec![Fact::Licenses(ids)] })
}

/// A licence, and the sentences that have to be in its text, and those that must not.
struct Known(&'static str, &'static [&'static str], &'static [&'static str]);

const MIT: &str = "permission is hereby granted free of charge to any person obtaining a copy of this software and \
                   associated documentation files the software to deal in the software without restriction";
const MIT_NOTICE: &str = "the above copyright notice and this permission notice";
const MIT_NAMES: &str = "except as contained in this notice the name";
const BSD: &str = "redistribution and use in source and binary forms with or without modification are permitted provided \
                   that the following conditions are met";
const BSD_NAMES: &str = "endorse or promote products derived from this software without";
const BSD_ADVERTISING: &str = "all advertising materials mentioning features or use of this software";
const ISC_GRANT: &str = "distribute this software for any purpose with or without fee is hereby granted";
const ISC_NOTICE: &str = "hereby granted provided that the above copyright notice and this permission notice appear in all \
                          copies";
const ARTISTIC: &str = "the intent of this document is to state the conditions under which a package may be copied such \
                        that the copyright holder maintains some semblance of artistic control";
const ARTISTIC_AGGREGATION: &str = "aggregation of this package with a commercial distribution is always permitted";
const ARTISTIC_PERL: &str = "in order to emulate subroutines and variables of the language defined by this package";
const BEOPEN: &str = "beopen python open source license agreement version 1";

/// The sentences are words in small letters with one space between them, as [`words`] makes them.
const ALL: &[Known] = &[
    Known("MIT", &[MIT, MIT_NOTICE], &[MIT_NAMES]),
    Known("X11", &[MIT, MIT_NOTICE, MIT_NAMES], &[]),
    Known("MIT-0", &[MIT], &[MIT_NOTICE, "the above copyright notice"]),
    Known("BSD-2-Clause", &[BSD, "redistributions of source code must retain"], &[BSD_NAMES, BSD_ADVERTISING]),
    Known("BSD-3-Clause", &[BSD, BSD_NAMES], &[BSD_ADVERTISING]),
    Known("BSD-4-Clause", &[BSD, BSD_NAMES, BSD_ADVERTISING], &[]),
    Known("ISC", &[ISC_GRANT, ISC_NOTICE], &[]),
    Known("0BSD", &[ISC_GRANT], &[ISC_NOTICE]),
    Known("Apache-2.0", &["apache license version 2 0 january 2004"], &[]),
    Known("Apache-2.0", &["licensed under the apache license version 2 0 the license"], &["january 2004"]),
    Known("GPL-2.0-only", &["gnu general public license version 2 june 1991"], &[]),
    Known("GPL-3.0-only", &["gnu general public license version 3 29 june 2007"], &[]),
    Known("LGPL-2.0-only", &["gnu library general public license version 2 june 1991"], &[]),
    Known("LGPL-2.1-only", &["gnu lesser general public license version 2 1 february 1999"], &[]),
    Known("LGPL-3.0-only", &["gnu lesser general public license version 3 29 june 2007"], &[]),
    Known("AGPL-3.0-only", &["gnu affero general public license version 3 19 november 2007"], &[]),
    Known("MPL-1.1", &["mozilla public license version 1 1 1 definitions"], &[]),
    Known("MPL-2.0", &["mozilla public license version 2 0 1 definitions"], &[]),
    Known(
        "MPL-2.0",
        &["this source code form is subject to the terms of the mozilla public license v 2 0"],
        &["mozilla public license version 2 0 1 definitions"],
    ),
    Known("EPL-1.0", &["eclipse public license v 1 0 the accompanying program"], &[]),
    Known("EPL-2.0", &["eclipse public license v 2 0 the accompanying program"], &[]),
    Known("PSF-2.0", &["this license agreement is between the python software foundation psf"], &[BEOPEN]),
    Known("Python-2.0", &["this license agreement is between the python software foundation psf", BEOPEN], &[]),
    Known(
        "Zlib",
        &[
            "in no event will the authors be held liable for any damages arising from the use of this software",
            "altered source versions must be plainly marked as such",
        ],
        &[],
    ),
    Known("Unlicense", &["this is free and unencumbered software released into the public domain"], &[]),
    Known("CC0-1.0", &["cc0 1 0 universal"], &[]),
    Known("CC-BY-3.0", &["creative commons legal code attribution 3 0 unported"], &[]),
    Known("CC-BY-4.0", &["creative commons attribution 4 0 international public license"], &[]),
    Known("Artistic-1.0", &[ARTISTIC], &[ARTISTIC_AGGREGATION, ARTISTIC_PERL]),
    Known("Artistic-1.0-cl8", &[ARTISTIC, ARTISTIC_AGGREGATION], &[ARTISTIC_PERL]),
    Known("Artistic-1.0-Perl", &[ARTISTIC, ARTISTIC_PERL], &[]),
    Known(
        "Artistic-2.0",
        &["this license establishes the terms under which a given free software package may be copied"],
        &[],
    ),
    Known("BSL-1.0", &["boost software license version 1 0 august 17th 2003"], &[]),
    Known("BlueOak-1.0.0", &["blue oak model license version 1 0 0"], &[]),
    Known("OFL-1.1", &["sil open font license version 1 1 26 february 2007"], &[]),
    Known("Unicode-3.0", &["unicode license v3 copyright and permission notice"], &[]),
    Known(
        "Unicode-DFS-2016",
        &["unicode inc license agreement data files and software copyright and permission notice"],
        &[],
    ),
    Known("WTFPL", &["do what the fuck you want to public license terms and conditions"], &[]),
];

/// The SPDX ids of the licences whose texts these are; more than one where the file holds several.
pub(super) fn recognise(text: &str) -> Vec<String> {
    let words = words(text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default());
    let holds = |sentences: &[&str]| sentences.iter().all(|sentence| words.contains(sentence));
    let lacks = |sentences: &[&str]| !sentences.iter().any(|sentence| words.contains(sentence));
    let known = ALL.iter().filter(|Known(_, all, none)| holds(all) && lacks(none));
    let mut ids: Vec<String> = known.map(|Known(id, ..)| (*id).to_owned()).collect();
    ids.dedup();
    ids
}

/// The words of a text in small letters, with one space between them: marks, line breaks and the signs of comments are gone.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            words.push(c.to_ascii_lowercase());
        } else if !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_recognised_through_marks_and_line_breaks() {
        let mit = "MIT License\n\nCopyright (c) 2020 A\n\n * Permission is hereby granted, free of charge, to any person\n * obtaining \
                   a copy of this software and associated documentation files (the\n\"Software\"), to deal in the Software \
                   without restriction, including ...\n\nThe above copyright notice and this permission notice shall be \
                   included in all copies";
        assert_eq!(recognise(mit), ["MIT"]);
        let two = format!("{mit}\n----\nApache License\n  Version 2.0, January 2004\n http://www.apache.org/licenses/");
        assert_eq!(recognise(&two), ["MIT", "Apache-2.0"]);
        let bsd = "Redistribution and use in source and binary forms, with or without modification, are permitted provided \
                   that the following conditions are met:\n1. Redistributions of source code must retain";
        assert_eq!(recognise(bsd), ["BSD-2-Clause"]);
        let bsd3 = format!("{bsd} ... used to endorse or promote products derived from this software without specific");
        assert_eq!(recognise(&bsd3), ["BSD-3-Clause"]);
        assert_eq!(recognise("GNU LESSER GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007"), ["LGPL-3.0-only"]);
        assert!(recognise("All rights reserved. MIT is a university.").is_empty());
    }

    #[test]
    fn names_of_licence_files_are_told_from_code() {
        let (yes, no): (Vec<&str>, Vec<&str>) = [
            ("LICENSE", true),
            ("LICENSE.md", true),
            ("license.txt", true),
            ("LICENCE-APACHE", true),
            ("LICENSE.APACHE2", true),
            ("COPYING.LESSER.txt", true),
            ("UNLICENSE", true),
            ("license.js", false),
            ("licenses.json", false),
            ("LICENSE.go", false),
            ("README.md", false),
        ]
        .into_iter()
        .fold((vec![], vec![]), |(mut yes, mut no), (name, is)| {
            if is {
                yes.push(name)
            } else {
                no.push(name)
            }
            (yes, no)
        });
        assert!(yes.iter().all(|name| is_license_file(name)) && !no.iter().any(|name| is_license_file(name)));
    }
}
