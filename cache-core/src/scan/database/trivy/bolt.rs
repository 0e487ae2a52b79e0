//! bbolt files, read only (go.etcd.io/bbolt, `internal/common`): buckets within buckets, each a tree of pages whose leaves hold
//! keys with values. Numbers have the lower byte first. A page is read once at most in a walk, so that no tree has a way back.

use crate::pages::{Pages, Seen, part, u16_le, u32_le, u64_le};

const MAGIC: u32 = 0xed0c_daed;
const VERSION: u32 = 2;
const BRANCH: u16 = 1;
const LEAF: u16 = 2;
/// The mark of an element whose value is a bucket.
const BUCKET: u32 = 1;
const PAGE_HEADER: usize = 16;
const ELEMENT: usize = 16;
/// A tree of such a depth would have more pages than any file.
const MAX_DEPTH: usize = 40;

/// What is wrong with a file.
pub(super) type Damage = &'static str;

/// A file in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bolt<'a> {
    pages: Pages<'a>,
    root: u64,
}

/// The place of a bucket's tree: a page, or the bytes of a small bucket within another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bucket<'a> {
    At(u64),
    Inline(&'a [u8]),
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Value(&'a [u8]),
    Bucket(Bucket<'a>),
}

/// Takes a key with what stands behind it, and the record of pages for buckets that it looks into.
pub(super) type Take<'t, 'a> = &'t mut dyn FnMut(&'a [u8], Item<'a>, &mut Seen) -> Result<(), Damage>;

impl<'a> Bolt<'a> {
    /// The newer of the two descriptions that a file begins with, of those that are whole.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Bolt<'a>, Damage> {
        // Where the first is damaged, the second is at the size of a page, which it says itself.
        let second =
            (9..=16).map(|power| 1usize << power).find_map(|size| meta(bytes, size).filter(|meta| meta.size == size));
        let newest = meta(bytes, 0).into_iter().chain(second).max_by_key(|meta| meta.transaction);
        let meta = newest.ok_or("it does not begin as bbolt's files do")?;
        let pages = Pages { bytes, size: meta.size };
        if (bytes.len() as u64) < meta.pages.saturating_mul(meta.size as u64) {
            return Err("it is cut off");
        }
        Ok(Bolt { pages, root: meta.root })
    }

    pub(super) fn root(&self) -> Bucket<'a> {
        Bucket::At(self.root)
    }

    /// A record of the pages that were read, for [`Bolt::each`].
    pub(super) fn unseen(&self) -> Seen {
        Seen::none(self.pages)
    }

    /// Hands over every key of a bucket in their order.
    pub(super) fn each(&self, bucket: Bucket<'a>, seen: &mut Seen, take: Take<'_, 'a>) -> Result<(), Damage> {
        // The pages that are still to be read, the next one last.
        let mut left = vec![(bucket, 0)];
        while let Some((place, depth)) = left.pop() {
            let page = self.page(place)?;
            if let Bucket::At(number) = place {
                let first = usize::try_from(number).ok().and_then(|number| seen.mark(number));
                first.ok_or("a page is in two trees, or twice in one")?;
            }
            if page.flags & BRANCH != 0 {
                if depth >= MAX_DEPTH {
                    return Err("a tree is too deep");
                }
                for at in (0..page.count).rev() {
                    let child = page.branch(at).ok_or("a page of a tree is damaged")?.1;
                    left.push((Bucket::At(child), depth + 1));
                }
            } else {
                for at in 0..page.count {
                    let (key, item) = page.leaf(at).ok_or("a page of a tree is damaged")?;
                    take(key, item, seen)?;
                }
            }
        }
        Ok(())
    }

    /// What stands behind a key.
    pub(super) fn get(&self, bucket: Bucket<'a>, wanted: &[u8]) -> Result<Option<Item<'a>>, Damage> {
        let mut place = bucket;
        for _ in 0..MAX_DEPTH {
            let page = self.page(place)?;
            if page.flags & BRANCH == 0 {
                let found = (0..page.count).filter_map(|at| page.leaf(at)).find(|(key, _)| *key == wanted);
                return Ok(found.map(|(_, item)| item));
            }
            // The last child whose first key is not above.
            let child = (0..page.count).filter_map(|at| page.branch(at)).take_while(|(key, _)| *key <= wanted).last();
            let Some((_, number)) = child else { return Ok(None) };
            place = Bucket::At(number);
        }
        Err("a tree is too deep")
    }

    fn page(&self, place: Bucket<'a>) -> Result<Page<'a>, Damage> {
        let bytes = match place {
            Bucket::Inline(bytes) => Some(bytes),
            Bucket::At(number) => usize::try_from(number).ok().and_then(|number| self.spread(number)),
        };
        bytes.and_then(Page::of).ok_or("a page of a tree is missing or is none")
    }

    /// A page with those that it runs on over.
    fn spread(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.pages.size)?;
        let more = usize::try_from(u32_le(self.pages.bytes, start.checked_add(12)?)?).ok()?;
        part(self.pages.bytes, start, more.checked_add(1)?.checked_mul(self.pages.size)?)
    }
}

struct Meta {
    size: usize,
    root: u64,
    pages: u64,
    transaction: u64,
}

fn meta(bytes: &[u8], page: usize) -> Option<Meta> {
    let meta = part(bytes, page.checked_add(PAGE_HEADER)?, 64)?;
    let hash = meta
        .get(..56)?
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let size = usize::try_from(u32_le(meta, 8)?).ok()?;
    let known = u32_le(meta, 0)? == MAGIC && u32_le(meta, 4)? == VERSION && u64_le(meta, 56)? == hash;
    let sound = known && size.is_power_of_two() && (512..=65536).contains(&size);
    sound.then_some(Meta { size, root: u64_le(meta, 16)?, pages: u64_le(meta, 40)?, transaction: u64_le(meta, 48)? })
}

struct Page<'a> {
    bytes: &'a [u8],
    flags: u16,
    count: usize,
}

impl<'a> Page<'a> {
    fn of(bytes: &'a [u8]) -> Option<Page<'a>> {
        let (flags, count) = (u16_le(bytes, 8)?, usize::from(u16_le(bytes, 10)?));
        let sound = matches!(flags & (BRANCH | LEAF), BRANCH | LEAF) && PAGE_HEADER + count * ELEMENT <= bytes.len();
        sound.then_some(Page { bytes, flags, count })
    }

    /// The first key of a child, and its page.
    fn branch(&self, at: usize) -> Option<(&'a [u8], u64)> {
        let element = PAGE_HEADER + at * ELEMENT;
        let (place, length) = (u32_le(self.bytes, element)?, u32_le(self.bytes, element + 4)?);
        let key = part(self.bytes, element.checked_add(usize::try_from(place).ok()?)?, usize::try_from(length).ok()?)?;
        Some((key, u64_le(self.bytes, element + 8)?))
    }

    fn leaf(&self, at: usize) -> Option<(&'a [u8], Item<'a>)> {
        let element = PAGE_HEADER + at * ELEMENT;
        let number = |from: usize| usize::try_from(u32_le(self.bytes, element + from)?).ok();
        let (place, key, value) = (element.checked_add(number(4)?)?, number(8)?, number(12)?);
        let value = part(self.bytes, place.checked_add(key)?, value)?;
        let item = match u32_le(self.bytes, element)? & BUCKET {
            0 => Item::Value(value),
            _ => match u64_le(value, 0)? {
                0 => Item::Bucket(Bucket::Inline(value.get(16..)?)),
                root => Item::Bucket(Bucket::At(root)),
            },
        };
        Some((part(self.bytes, place, key)?, item))
    }
}
