//! Executables: what was linked into them, and which known programs they are.
//!
//! An image holds hundreds of them, so each is read once, as a stream, with the same small memory whatever its size, and all
//! that can be in it is looked for on the way: the modules of a Go program, the crates of a Rust program, the version of a
//! runtime.

mod audit;
mod classify;
mod go;
mod go_modules;
mod go_pointers;
mod go_version;
mod rules;
mod scan;
mod segments;
#[cfg(test)]
mod tests;

use std::io::Read;

use super::tar::of_read;
use super::{Cataloger, Fact, FileInfo};
use crate::error::Result;

/// Finds what executables and shared libraries are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Executables;

impl Cataloger for Executables {
    fn name(&self) -> &'static str {
        "executable"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        is_program(file.head) || classify::rules(file.file_name()).any(|rule| rule.any_file)
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let mut named = classify::Search::new(file);
        let mut linked = is_program(file.head).then(|| (go::Search::default(), audit::Search::default()));
        let read = scan::windows(content, file.size, |window| {
            if let Some((go, audit)) = &mut linked {
                go.see(&window);
                audit.see(&window);
            }
            named.see(&window);
        });
        read.map_err(of_read)?;
        let mut facts = named.facts();
        if let Some((go, audit)) = linked {
            facts.extend(go.facts());
            facts.extend(audit.facts());
        }
        Ok(facts)
    }
}

/// Whether a file begins as one that a linker made: ELF but not an object, a core or a module of the kernel; PE; Mach-O, also
/// for several processors; XCOFF; WebAssembly.
fn is_program(head: &[u8]) -> bool {
    match head {
        [0x7f, b'E', b'L', b'F', _, order, ..] => {
            let kind = head.get(16..18).map(|kind| if *order == 2 { [kind[1], kind[0]] } else { [kind[0], kind[1]] });
            matches!(kind, Some([2 | 3, 0]))
        }
        [b'M', b'Z', ..] => head.len() >= 64,
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => true,
        // A class of Java begins alike; what follows there is a version of at least 45, here a count of processors.
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, count, ..] => *count < 40,
        [0x01, 0xdf | 0xf7, ..] | [0, b'a', b's', b'm', ..] => true,
        _ => false,
    }
}
