//! The table of a distroless image of Azure Linux: a package for each line, ten columns with tabs between, as
//! `rpm -qa --queryformat` wrote them.

use super::super::Found;
use super::{Damage, package};

/// Name, version and release, two times, vendor, epoch if any, size, architecture, epoch as a number, source package.
const COLUMNS: usize = 10;

pub(super) fn read(text: &str, sink: &mut dyn FnMut(Found) -> bool) -> Result<(), Damage> {
    let mut understood = text.trim().is_empty();
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').take(COLUMNS + 1).map(str::trim).collect();
        let [name, version, _, _, vendor, epoch, _, arch, _, source] = columns[..] else { continue };
        if name.is_empty() {
            continue;
        }
        understood = true;
        let stated = |text: &str| if text == "(none)" { String::new() } else { text.to_owned() };
        let found = Found {
            kind: "rpm".to_owned(),
            name: name.to_owned(),
            version: package::version(epoch.parse().ok(), version, ""),
            arch: stated(arch),
            source: package::source(source.to_owned()),
            supplier: stated(vendor),
            ..Found::default()
        };
        if !sink(found) {
            break;
        }
    }
    if understood { Ok(()) } else { Err("no line of it has the ten columns of such a table") }
}
