//! Databases of every form, written for the tests.

/// A header: name, version-release and some files, with a region as rpm writes it and an entry that was added later.
pub(super) fn header(name: &str, files: usize) -> Vec<u8> {
    let mut entries: Vec<(u32, u32, u32, Vec<u8>)> = vec![
        (1000, 6, 1, zero([name])),
        (1001, 6, 1, zero(["1.0"])),
        (1002, 6, 1, zero(["2.el9"])),
        (1014, 6, 1, zero(["GPLv2+ and (MIT or BSD)"])),
        (1022, 6, 1, zero(["x86_64"])),
        (1044, 6, 1, zero([&*format!("{name}-1.0-2.el9.src.rpm")])),
        (1047, 8, 3, zero([name, "libfoo.so.1()(64bit)", "config(x)"])),
        (1049, 8, 4, zero(["rpmlib(FileDigests)", "/bin/sh", "libc.so.6", "(a if b)"])),
        (1116, 4, files as u32, (0..files).flat_map(|n| ((n % 2) as u32).to_be_bytes()).collect()),
        (1117, 8, files as u32, (0..files).flat_map(|n| zero([&*format!("file{n}")])).collect()),
        (1118, 8, 2, zero(["/usr/bin/", "/etc/"])),
        (1022, 6, 1, zero(["aarch64"])),
    ];
    let trailer = [63u32, 7, 16, 16].into_iter().flat_map(u32::to_be_bytes).collect();
    entries.insert(0, (63, 7, 16, trailer));
    self::entries(&entries)
}

/// A header of these tags: number, type, count, value.
pub(super) fn entries(entries: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for (tag, kind, count, value) in entries {
        if *kind == 4 {
            data.resize(data.len().next_multiple_of(4), 0);
        }
        index.extend([*tag, *kind, data.len() as u32, *count].into_iter().flat_map(u32::to_be_bytes));
        data.extend(value);
    }
    let sizes = [entries.len() as u32, data.len() as u32].into_iter().flat_map(u32::to_be_bytes);
    sizes.chain(index).chain(data).collect()
}

/// Texts, each with a zero byte after it.
pub(super) fn zero<const N: usize>(texts: [&str; N]) -> Vec<u8> {
    texts.into_iter().flat_map(|text| text.bytes().chain([0])).collect()
}

/// A hash table, its values on chains of pages; short ones on the page itself.
pub(super) fn bdb(headers: &[Vec<u8>], page_size: usize, big_endian: bool) -> Vec<u8> {
    let n16 = |n: usize| if big_endian { (n as u16).to_be_bytes() } else { (n as u16).to_le_bytes() };
    let n32 = |n: usize| if big_endian { (n as u32).to_be_bytes() } else { (n as u32).to_le_bytes() };
    let set = |page: &mut Vec<u8>, at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
    let mut pages = vec![vec![0; page_size]];
    set(&mut pages[0], 12, &n32(0x61561));
    set(&mut pages[0], 20, &n32(page_size));
    pages[0][25] = 8;
    for (number, header) in headers.iter().enumerate() {
        // A page of its own for each pair.
        let mut page = vec![0; page_size];
        page[25] = 13;
        set(&mut page, 20, &n16(2));
        let key = [&[1u8][..], &n32(number + 1)].concat();
        let inline = header.len() < page_size / 4;
        let first = pages.len() + 1;
        let value = if inline {
            [&[1u8][..], header].concat()
        } else {
            [&[3, 0, 0, 0][..], &n32(first), &n32(header.len())].concat()
        };
        set(&mut page, page_size - key.len(), &key);
        set(&mut page, page_size - key.len() - value.len(), &value);
        set(&mut page, 26, &n16(page_size - key.len()));
        set(&mut page, 28, &n16(page_size - key.len() - value.len()));
        pages.push(page);
        let parts: Vec<_> = if inline { Vec::new() } else { header.chunks(page_size - 26).collect() };
        for (index, part) in parts.iter().enumerate() {
            let mut page = vec![0; page_size];
            page[25] = 7;
            set(&mut page, 16, &n32(if index + 1 == parts.len() { 0 } else { pages.len() + 1 }));
            set(&mut page, 22, &n16(part.len()));
            set(&mut page, 26, part);
            pages.push(page);
        }
    }
    let last = pages.len() - 1;
    set(&mut pages[0], 32, &n32(last));
    pages.concat()
}

pub(super) fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let words = |words: [usize; 3]| words.into_iter().flat_map(|word| (word as u32).to_le_bytes());
    let (mut slots, mut blobs) = (b"RpmP".to_vec(), Vec::new());
    slots.extend(words([0, 1, 1]));
    slots.resize(32, 0);
    for (number, header) in headers.iter().enumerate() {
        let start = 4096 + blobs.len();
        let mut blob = b"BlbS".to_vec();
        blob.extend(words([number + 1, 1, header.len()]));
        blob.extend(header);
        blob.resize((blob.len() + 12).next_multiple_of(16), 0);
        slots.extend(b"Slot");
        slots.extend(words([number + 1, start / 16, blob.len() / 16]));
        blobs.extend(blob);
    }
    while slots.len() < 4096 {
        slots.extend(b"Slot");
        slots.extend([0; 12]);
    }
    slots.into_iter().chain(blobs).collect()
}

/// A table of packages below one page of the tree's inside, a page for each row, and chains for what is too long.
pub(super) fn sqlite(headers: &[Vec<u8>], page_size: usize) -> Vec<u8> {
    let mut pages: Vec<Vec<u8>> = vec![Vec::new(), Vec::new()];
    let mut children = Vec::new();
    for (number, header) in headers.iter().enumerate() {
        let kind = varint(header.len() as u64 * 2 + 12);
        let row = [&[kind.len() as u8 + 2, 0][..], &kind, header].concat();
        children.push(pages.len() as u32 + 1);
        let leaf = pages.len();
        pages.push(Vec::new());
        let (most, least) = (page_size - 35, (page_size - 12) * 32 / 255 - 23);
        let here = least + (row.len() - least.min(row.len())) % (page_size - 4);
        let here = if row.len() <= most {
            row.len()
        } else if here <= most {
            here
        } else {
            least
        };
        let mut cell = [varint(row.len() as u64), varint(number as u64 + 1), row[..here].to_vec()].concat();
        if here < row.len() {
            cell.extend((pages.len() as u32 + 1).to_be_bytes());
            let parts: Vec<_> = row[here..].chunks(page_size - 4).collect();
            for (index, part) in parts.iter().enumerate() {
                let next = if index + 1 == parts.len() { 0 } else { pages.len() as u32 + 2 };
                let mut page = [&next.to_be_bytes()[..], part].concat();
                page.resize(page_size, 0);
                pages.push(page);
            }
        }
        pages[leaf] = page(13, &[cell], 0, None, page_size);
    }
    let (last, others) = children.split_last().unwrap();
    let cells: Vec<_> =
        others.iter().zip(1u64..).map(|(child, key)| [child.to_be_bytes().to_vec(), varint(key)].concat()).collect();
    pages[1] = page(5, &cells, 0, Some(*last), page_size);
    let schema = |name: &str, root: u8, statement: &str| {
        let text = |text: &str| varint(text.len() as u64 * 2 + 13);
        let kinds = [text("table"), text(name), text(name), vec![1], text(statement)].concat();
        let row = [
            &[kinds.len() as u8 + 1][..],
            &kinds,
            b"table",
            name.as_bytes(),
            name.as_bytes(),
            &[root],
            statement.as_bytes(),
        ]
        .concat();
        [varint(row.len() as u64), vec![1], row].concat()
    };
    let tables =
        [schema("other", 9, "CREATE TABLE other(x)"), schema("Packages", 2, "CREATE TABLE 'Packages'(hnum, blob)")];
    pages[0] = page(13, &tables, 100, None, page_size);
    pages[0][..16].copy_from_slice(b"SQLite format 3\0");
    pages[0][16..18].copy_from_slice(&(if page_size == 65536 { 1 } else { page_size as u16 }).to_be_bytes());
    let count = (pages.len() as u32).to_be_bytes();
    pages[0][28..32].copy_from_slice(&count);
    pages.concat()
}

fn page(kind: u8, cells: &[Vec<u8>], start: usize, right: Option<u32>, size: usize) -> Vec<u8> {
    let mut page = vec![0; size];
    page[start] = kind;
    page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    let mut at = start + 8;
    if let Some(right) = right {
        page[at..at + 4].copy_from_slice(&right.to_be_bytes());
        at += 4;
    }
    let mut end = size;
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        page[at..at + 2].copy_from_slice(&(end as u16).to_be_bytes());
        at += 2;
    }
    page
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = vec![(number & 0x7f) as u8];
    let mut rest = number >> 7;
    while rest > 0 {
        bytes.insert(0, (rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes
}
