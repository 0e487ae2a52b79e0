//! Trivy's database, schema 2: a bbolt file with a bucket for each release of a distribution and each source about a language
//! (aquasecurity/trivy-db).

mod advisories;
mod bolt;
mod buckets;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use self::advisories::Value;
use self::bolt::{Bolt, Bucket, Damage, Item};
use super::advisory::Advisory;
use super::{DatabaseBuilder, DatabaseSource};
use crate::document::time;
use crate::error::{Absent, Error, Result};
use crate::files::read_limited;
use crate::model::{Timestamp, null_is_empty};
use crate::scan::Rating;
use crate::scan::trivy::Stated;

/// The largest file that is read; the database had under 1 GiB in 2026.
const MAX_FILE: u64 = 8 << 30;
/// The largest `metadata.json`; it has 200 bytes.
const MAX_METADATA: u64 = 1 << 20;
/// The schema that is read.
const VERSION: u64 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(default)]
    version: u64,
    #[serde(default, deserialize_with = "time")]
    updated_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
struct Origin {
    #[serde(default, rename = "ID", deserialize_with = "null_is_empty")]
    id: String,
    #[serde(default, rename = "Name", deserialize_with = "null_is_empty")]
    name: String,
}

impl DatabaseBuilder {
    /// Takes in Trivy's database: `trivy.db`, with its date from the `metadata.json` beside it.
    ///
    /// # Errors
    /// `Invalid` where it is none or is damaged; `Unsupported` where it is of another schema; what the disk says.
    pub fn add_trivy(&mut self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let bytes = read_limited(file, MAX_FILE)?;
        let metadata = read_limited(&file.with_file_name("metadata.json"), MAX_METADATA).absent_is_none()?;
        self.add_trivy_bytes(&bytes, metadata.as_deref()).map_err(|e| e.context("path", file.display()))
    }

    /// Takes in one that is in memory, with its `metadata.json` where that is there too.
    ///
    /// # Errors
    /// `Invalid` where it is none or is damaged; `Unsupported` where it is of another schema.
    pub fn add_trivy_bytes(&mut self, bytes: &[u8], metadata: Option<&[u8]>) -> Result<()> {
        let mut source = DatabaseSource::named("trivy");
        if let Some(metadata) = metadata.and_then(|json| serde_json::from_slice::<Metadata>(json).ok()) {
            if metadata.version != VERSION {
                let which = metadata.version;
                return Err(Error::unsupported(format!(
                    "Trivy's databases of schema {VERSION} are read; this is {which}"
                )));
            }
            source.is_from(metadata.updated_at);
        }
        let damaged = |damage: Damage| Error::invalid(format!("Trivy's database cannot be read: {damage}"));
        let bolt = Bolt::open(bytes).map_err(damaged)?;
        let reading = Reading::of(bolt).map_err(damaged)?;
        reading.add(self, &mut source).map_err(damaged)?;
        self.finish(source);
        Ok(())
    }
}

/// A database, with what all its advisories need.
struct Reading<'a> {
    bolt: Bolt<'a>,
    /// What is known of vulnerabilities.
    vulnerabilities: Option<Bucket<'a>>,
    /// The short name of who made a bucket.
    origins: HashMap<String, String>,
    /// Red Hat's products by their numbers.
    products: HashMap<u64, String>,
}

impl<'a> Reading<'a> {
    fn of(bolt: Bolt<'a>) -> Result<Self, Damage> {
        let within = |bucket: Option<Bucket<'a>>, name: &[u8]| match bucket {
            Some(bucket) => bolt.get(bucket, name).map(bucket_of),
            None => Ok(None),
        };
        let root = Some(bolt.root());
        let mut origins = HashMap::new();
        if let Some(bucket) = within(root, b"data-source")? {
            values(&bolt, bucket, |name, json| {
                let origin: Origin = serde_json::from_slice(json).unwrap_or_default();
                origins.insert(name.to_owned(), if origin.id.is_empty() { origin.name } else { origin.id });
            })?;
        }
        let mut products = HashMap::new();
        if let Some(bucket) = within(within(root, b"Red Hat CPE")?, b"cpe")? {
            values(&bolt, bucket, |number, json| {
                let cpe = serde_json::from_slice::<String>(json);
                products.extend(number.parse::<u64>().ok().zip(cpe.ok()));
            })?;
        }
        Ok(Reading { vulnerabilities: within(root, b"vulnerability")?, bolt, origins, products })
    }

    fn add(&self, builder: &mut DatabaseBuilder, source: &mut DatabaseSource) -> Result<(), Damage> {
        let seen = &mut self.bolt.unseen();
        self.bolt.each(self.bolt.root(), seen, &mut |name, item, seen| {
            let name = String::from_utf8_lossy(name);
            let Item::Bucket(packages) = item else { return Ok(()) };
            if matches!(&*name, "vulnerability" | "data-source" | "vulnerability-id" | "Red Hat CPE") {
                return Ok(());
            }
            let Some(about) = buckets::about(&name) else {
                source.leave_out(format!("bucket {name:?}"));
                return Ok(());
            };
            let origin = self.origins.get(&*name).map_or_else(|| about.family().to_owned(), Clone::clone);
            self.bolt.each(packages, seen, &mut |package, item, seen| {
                let package = String::from_utf8_lossy(package);
                let Item::Bucket(advisories) = item else { return Ok(()) };
                self.bolt.each(advisories, seen, &mut |id, item, _| {
                    let Item::Value(json) = item else { return Ok(()) };
                    // Nothing at all is an advisory too: it is affected, and there is no fix.
                    match serde_json::from_slice::<Option<Value>>(json) {
                        Ok(value) => {
                            let stated = value.unwrap_or_default().advisories(
                                &about,
                                &String::from_utf8_lossy(id),
                                &self.products,
                            );
                            for (ecosystem, advisory) in stated {
                                source.advisories += 1;
                                let (module, name) = about.module(&package);
                                builder.add(&ecosystem, name, &self.completed(advisory, module, &origin)?);
                            }
                        }
                        Err(_) => source.leave_out("an unreadable advisory"),
                    }
                    Ok(())
                })
            })
        })
    }

    /// With its module and source, and with what is known of the vulnerability elsewhere.
    fn completed(&self, advisory: Advisory, module: &str, origin: &str) -> Result<Advisory, Damage> {
        let mut ratings = advisory.ratings;
        ratings.iter_mut().for_each(|rating| origin.clone_into(&mut rating.source));
        for rating in self.ratings(&advisory.id, origin)? {
            if !ratings.iter().any(|known| known.source == rating.source && known.vector == rating.vector) {
                ratings.push(rating);
            }
        }
        Ok(Advisory { ratings, module: module.to_owned(), source: origin.to_owned(), ..advisory })
    }

    /// What is said of a vulnerability, by whoever made the advisory first.
    fn ratings(&self, id: &str, origin: &str) -> Result<Vec<Rating>, Damage> {
        let Some(bucket) = self.vulnerabilities else { return Ok(Vec::new()) };
        match self.bolt.get(bucket, id.as_bytes())? {
            Some(Item::Value(json)) => Ok(serde_json::from_slice::<Stated>(json).unwrap_or_default().ratings(origin)),
            _ => Ok(Vec::new()),
        }
    }
}

fn bucket_of(item: Option<Item<'_>>) -> Option<Bucket<'_>> {
    match item {
        Some(Item::Bucket(bucket)) => Some(bucket),
        _ => None,
    }
}

/// Hands over the keys and values of a bucket.
fn values<'a>(bolt: &Bolt<'a>, bucket: Bucket<'a>, mut take: impl FnMut(&str, &'a [u8])) -> Result<(), Damage> {
    bolt.each(bucket, &mut bolt.unseen(), &mut |key, item, _| {
        if let (Ok(key), Item::Value(value)) = (std::str::from_utf8(key), item) {
            take(key, value);
        }
        Ok(())
    })
}
