//! Executables made here, of the few bytes that count in them.

use std::io::Write;

use super::Executables;
use crate::sbom::catalog::Cataloger;
use crate::sbom::catalog::testing::{found, hostile, info, placed as lines, read};

const OPENING: &[u8] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
const CLOSING: &[u8] = b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
const MODULES: &str = "path\texample.com/tool/cmd\nmod\texample.com/tool\t(devel)\t\ndep\tgolang.org/x/text\tv0.3.7\th1:abc=\n\
    dep\tgopkg.in/yaml.v3\tv3.0.1\th1:old=\n=>\tgithub.com/fork/yaml\tv3.0.2\th1:new=\ndep\texample.com/here\tv1.0.0\n=>\t../here\t\
    (devel)\t\ndep\tplain\tv0.1.0\nbuild\t-ldflags=\"-s -X main.version=1.4.2\"\nbuild\tGOOS=linux\nbuild\tvcs.revision=0123456789abcdef\n";

/// The head of a linked ELF file, padded.
fn elf(wide: bool, big: bool) -> Vec<u8> {
    let mut head = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, if big { 2 } else { 1 }, 1];
    head.resize(16, 0);
    head.extend(if big { [0, 2] } else { [2, 0] });
    head.resize(0x200, 0);
    head
}

fn marked(modules: &str) -> Vec<u8> {
    [OPENING, modules.as_bytes(), CLOSING].concat()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Build information as Go 1.18 and newer write it.
fn inline(version: &str, modules: &str) -> Vec<u8> {
    let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
    bytes.resize(32, 0);
    let modules = if modules.is_empty() { Vec::new() } else { marked(modules) };
    bytes.extend([varint(version.len()), version.into(), varint(modules.len()), modules].concat());
    bytes
}

fn executable(parts: &[&[u8]]) -> Vec<u8> {
    let mut file = elf(true, false);
    for part in parts {
        file.extend_from_slice(part);
        file.resize(file.len().next_multiple_of(16) + 4096, 0x90);
    }
    file
}

#[test]
fn a_go_program_is_its_module_what_it_needs_and_the_library() {
    let facts = read(&Executables, "app", &executable(&[&inline("go1.22.1 X:rangefunc", MODULES)]));
    let expected = [
        "example.com/tool@v1.4.2",
        "plain@v0.1.0",
        "example.com/here@",
        "github.com/fork/yaml@v3.0.2",
        "golang.org/x/text@v0.3.7",
        "stdlib@1.22.1",
    ];
    assert_eq!(lines(&facts), expected);
    let found = found(&facts);
    assert_eq!(found[0].needs.join(" "), "plain example.com/here github.com/fork/yaml golang.org/x/text stdlib");
    assert_eq!(found[3].properties["h1"], "h1:new=");
    assert_eq!(found[0].properties["revision"], "0123456789abcdef");
    assert!(found.iter().all(|found| found.kind == "golang"));
}

#[test]
fn build_information_lies_anywhere_across_windows() {
    let info = inline("go1.26.8", MODULES);
    let mut count = 0;
    for at in [0x200, 0x400, (256 << 10) - 7, (256 << 10) + 3000, (259 << 10) + 40, (1 << 20) + 5] {
        let mut file = elf(true, false);
        file.resize(at, 7);
        file.extend_from_slice(&info);
        assert_eq!(lines(&read(&Executables, "app", &file)).len(), 6, "ends with it, at {at}");
        file.resize(at + (1 << 20), 7);
        assert_eq!(lines(&read(&Executables, "app", &file)).len(), 6, "at {at}");
        count += 2;
    }
    eprintln!("{count} places");
}

#[test]
fn a_program_that_reads_build_information_is_no_build() {
    // The magic as a constant, and as a header that leads nowhere.
    let constant = b"some text\xff Go buildinf:more text that follows it in the table of strings, and so on".as_slice();
    assert!(read(&Executables, "app", &executable(&[constant])).is_empty());
    let facts = read(&Executables, "app", &executable(&[constant, &inline("go1.26.8", "")]));
    assert_eq!(lines(&facts), ["stdlib@1.26.8"]);
    let broken = inline("go1.26.8", MODULES);
    let facts = read(&Executables, "app", &executable(&[&broken[..60]])[..0x200 + 60]);
    assert_eq!(lines(&facts), ["unreadable: the build information of Go is damaged"]);
}

#[test]
fn main_modules_are_named_by_what_there_is() {
    let cases = [
        ("path\tcommand-line-arguments\n", "command-line-arguments@"),
        ("path\tcmd/go\nbuild\tGOOS=linux\n", "cmd/go@"),
        ("path\texample.com/a/cmd\nmod\texample.com/a\tv1.2.3+dirty\t\n", "example.com/a@v1.2.3+dirty"),
        ("path\tcommand-line-arguments\ndep\texample.com/a\t(devel)\t\ndep\tb.org/b\tv1.0.0\n", "example.com/a@"),
        ("path\tx\nmod\texample.com/a\t(devel)\n=>\texample.com/b\tv2.0.0\th1:x\n", "example.com/b@v2.0.0"),
    ];
    for (modules, expected) in cases {
        let facts = read(&Executables, "app", &executable(&[&inline("go1.26.8", modules)]));
        assert_eq!(lines(&facts)[0], expected);
        assert_eq!(found(&facts)[0].local, expected.starts_with("command-line"));
    }
    eprintln!("{} main modules", cases.len());
}

/// A program by Go 1.16: two segments, one with the texts and one with the header and the variables.
fn old(wide: bool, big: bool) -> Vec<u8> {
    let size = if wide { 8 } else { 4 };
    let number = |value: u64, size: usize| {
        let bytes = if big { value.to_be_bytes() } else { value.to_le_bytes() };
        if big { bytes[8 - size..].to_vec() } else { bytes[..size].to_vec() }
    };
    let mut file = elf(wide, big);
    let mut set = |at: usize, value: u64, size: usize| {
        file.splice(at..at + size, number(value, size));
    };
    // One segment of texts from 0 on, one of data from 0x3000 on.
    let (text, data) = (0x40_0000u64, 0x50_0000u64);
    let table = if wide { 0x40 } else { 0x34 };
    let (at, entry, count) = if wide { (0x20, 0x36, 0x38) } else { (0x1c, 0x2a, 0x2c) };
    set(at, table, size);
    set(entry, if wide { 56 } else { 32 }, 2);
    set(count, 2, 2);
    for (index, (address, offset, length)) in [(text, 0, 0x3000), (data, 0x3000, 0x1000)].into_iter().enumerate() {
        let at = table as usize + index * if wide { 56 } else { 32 };
        set(at, 1, 4);
        let places = if wide { [at + 16, at + 8, at + 32] } else { [at + 8, at + 4, at + 16] };
        set(places[0], address, size);
        set(places[1], offset, size);
        set(places[2], length, size);
    }
    file.splice(0x180..0x180, *b"Go\0\0");
    file.resize(0x1000, 0);
    let modules = marked(MODULES);
    file.extend_from_slice(b"go1.99.9go1.16.7go1.1");
    file.extend_from_slice(&modules);
    file.resize(0x3000, 0);
    file.extend_from_slice(b"\xff Go buildinf:");
    file.extend([size as u8, u8::from(big)]);
    file.extend([number(data + 0x100, size), number(data + 0x200, size)].concat());
    file.resize(0x3100, 0);
    file.extend([number(text + 0x1008, size), number(8, size)].concat());
    file.resize(0x3200, 0);
    file.extend([number(text + 0x1015, size), number(modules.len() as u64, size)].concat());
    file.resize(0x4000, 0);
    file
}

#[test]
fn old_build_information_is_followed_through_its_addresses() {
    for (wide, big) in [(true, false), (true, true), (false, false), (false, true)] {
        let facts = read(&Executables, "gosu", &old(wide, big));
        assert_eq!(lines(&facts).len(), 6, "{wide} {big}");
        assert_eq!(lines(&facts)[5], "stdlib@1.16.7");
    }
}

fn zlib(text: &str, level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const CRATES: &str = r#"{"packages":[{"name":"app","version":"0.1.0","source":"local","dependencies":[1,2,3,99,18446744073709551615],"root":true},
    {"name":"libc","version":"0.2.1","source":"crates.io"},{"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"},
    {"name":"own","version":"2.0.0","source":"git","kind":"runtime","dependencies":[3,0]}],"format":1}"#;

#[test]
fn a_rust_program_is_its_crates_that_run() {
    for level in [1, 3, 6, 9] {
        let file = executable(&[b"x\x01x\x9cx\xdax", &zlib(CRATES, level)]);
        let facts = read(&Executables, "app", &file);
        assert_eq!(lines(&facts), ["app@0.1.0", "libc@0.2.1", "own@2.0.0"], "level {level}");
        let found = found(&facts);
        assert_eq!(found[0].needs, ["libc", "own"], "positions outside of the list and crates that build lead nowhere");
        assert!(found[0].local && !found[1].local && !found[2].local);
        assert_eq!(found[2].properties["source"], "git");
    }
}

#[test]
fn a_crate_named_at_length_is_none_and_one_needed_often_is_needed_once() {
    let text = format!(
        r#"{{"packages":[{{"name":"app","version":"1","dependencies":[2,1,1]}},{{"name":"libc","version":"2"}},
            {{"name":"{}","version":"3"}}]}}"#,
        "x".repeat(256)
    );
    let facts = read(&Executables, "app", &executable(&[b"x", &zlib(&text, 6)]));
    assert_eq!(lines(&facts), ["app@1", "libc@2"]);
    assert_eq!(found(&facts)[0].needs, ["libc"]);
}

#[test]
fn damaged_lists_of_crates_are_told_and_bombs_stop() {
    let bomb = format!(r#"{{"packages":[{}]}}"#, " ".repeat(64 << 20));
    let whole = zlib(CRATES, 6);
    let mut wrong = whole.clone();
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    let cases: [(&[u8], &str); 4] = [
        (&zlib(&bomb, 9), "is larger than 8 MiB"),
        (&whole[..whole.len() / 2], "is cut off"),
        (&wrong, "is damaged"),
        (&zlib(r#"{"packages":[{"name":7}]}"#, 6), "is not of the form it should be"),
    ];
    for (list, how) in cases {
        let file = [elf(true, false), list.to_vec()].concat();
        assert_eq!(
            lines(&read(&Executables, "app", &file)),
            [format!("unreadable: the list of crates by cargo-auditable {how}")]
        );
    }
    eprintln!("{} lists", cases.len());
}

#[test]
fn known_programs_are_named() {
    let cases: [(&str, &[u8], &str); 16] = [
        ("usr/local/bin/python3.11", b"\x003.11\x003.11.9\x00", "python@3.11.9"),
        ("usr/local/lib/libpython3.12.so.1.0", b"\x003.12.1+\x00\x003.12.1\x00", "python@3.12.1"),
        ("usr/local/bin/node", b"..node.js/v22.9.0/..", "node@22.9.0"),
        ("usr/local/bin/perl", b"/usr/local/lib/perl5/5.38.2/x", "perl@5.38.2"),
        ("usr/local/bin/ruby", b"ruby 3.3.0rc1 (2023-12-11 master a49643340e) [x86_64-linux]", "ruby@3.3.0rc1"),
        ("usr/local/bin/php", b"X-Powered-By: PHP/8.3.1\x00", "php-cli@8.3.1"),
        ("opt/java/bin/java", b"\x00openjdk\x00java\x000.0\x0011.0.17+8-LTS\x00", "oracle/openjdk@11.0.17+8-LTS"),
        (
            "opt/java/bin/java",
            b"\x001.8\x00\x00\x001.8.0_352-b08\x00\x00openjdk\x00java\x00",
            "oracle/openjdk@1.8.0_352-b08",
        ),
        ("opt/zulu21/bin/java", b"\x00java\x000.0\x0021.0.1+12\x00", "azul/zulu@21.0.1+12"),
        ("bin/busybox", b"BusyBox v1.36.1 (2023)", "busybox@1.36.1"),
        ("usr/bin/openssl", b"\x00OpenSSL 1.1.1w  11 Sep 2023", "openssl@1.1.1w"),
        ("usr/sbin/nginx", b"\x00nginx version: nginx/1.25.3\x00", "nginx@1.25.3"),
        ("usr/local/bin/redis-server", b"x7.0.14buildkitsandbox-1702957741000000000", "redis@7.0.14"),
        ("usr/local/bin/postgres", b"\x00PostgreSQL 16.1 on x86_64", "postgresql@16.1"),
        ("usr/local/go/bin/go", b"..go1.26.8\x00..", "go@1.26.8"),
        ("bin/bash", b"@(#)Bash version 5.2.15(1) release GNU", "bash@5.2.15"),
    ];
    for (path, content, expected) in cases {
        let mut file = elf(true, false);
        file.resize((256 << 10) + 3060, 0xcc);
        file.extend_from_slice(content);
        assert_eq!(lines(&read(&Executables, path, &file)), [expected], "{path}");
        assert!(lines(&read(&Executables, "usr/bin/other", &file)).is_empty());
    }
    let composer = b"<?php ... 'pretty_version' => '2.7.1', 'x'";
    assert_eq!(lines(&read(&Executables, "usr/bin/composer", composer)), ["composer@2.7.1"]);
    eprintln!("{} programs", cases.len() + 1);
}

#[test]
fn what_no_linker_made_is_not_wanted() {
    let mut object = elf(true, false);
    object[16] = 1;
    let class = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x41];
    for (path, bytes) in
        [("a.o", &object[..]), ("A.class", &class), ("python3", b"#!/bin/sh\n"), ("empty", b""), ("node", b"MZ")]
    {
        assert!(!Executables.wants(&info(path, bytes)), "{path}");
    }
    for head in
        [&elf(false, true)[..], b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07", b"\xcf\xfa\xed\xfe", b"\0asm\x01\0\0\0"]
    {
        assert!(Executables.wants(&info("a", head)), "{head:?}");
    }
}

#[test]
fn a_stream_that_fails_is_an_error() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    assert!(Executables.read(&info("bin/a", &elf(true, false)), &mut Broken).is_err());
}

#[test]
fn hostile_executables() {
    let [new, rust] =
        [&inline("go1.26.8", MODULES)[..], &zlib(CRATES, 6)].map(|part| [&elf(true, false)[..], part].concat());
    let java = [&elf(true, false)[..], b"\x00openjdk\x00java\x000.0\x0011.0.17+8-LTS\x00"].concat();
    for (path, bytes) in [("go", &new), ("rust", &rust), ("old", &old(true, false)), ("java", &java)] {
        hostile(&Executables, path, bytes);
    }
}
