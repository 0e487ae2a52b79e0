//! The product tree: what the ids of products mean.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::{VexName, VexProblem, VexProduct};
use crate::model::null_is_empty;
use crate::scan::version::Vers;

/// How many relationships may lead from one product to another.
const MAX_STEPS: usize = 16;

#[derive(Default, Deserialize)]
pub(super) struct ProductTree {
    #[serde(default, deserialize_with = "null_is_empty")]
    branches: Vec<Branch>,
    #[serde(default, deserialize_with = "null_is_empty")]
    full_product_names: Vec<Product>,
    #[serde(default, deserialize_with = "null_is_empty")]
    relationships: Vec<Relationship>,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_groups: Vec<Group>,
}

/// serde_json bounds how deep branches may lie.
#[derive(Deserialize)]
struct Branch {
    #[serde(default, deserialize_with = "null_is_empty")]
    branches: Vec<Branch>,
    #[serde(default, deserialize_with = "null_is_empty")]
    category: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
    #[serde(default)]
    product: Option<Product>,
}

#[derive(Deserialize)]
struct Product {
    product_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_identification_helper: Helper,
}

#[derive(Default, Deserialize)]
struct Helper {
    /// CSAF 2.0.
    #[serde(default)]
    purl: Option<String>,
    /// CSAF 2.1.
    #[serde(default, deserialize_with = "null_is_empty")]
    purls: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: Vec<FileHashes>,
}

#[derive(Deserialize)]
struct FileHashes {
    #[serde(default, deserialize_with = "null_is_empty")]
    file_hashes: Vec<FileHash>,
}

#[derive(Deserialize)]
struct FileHash {
    #[serde(default, deserialize_with = "null_is_empty")]
    algorithm: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    value: String,
}

#[derive(Deserialize)]
struct Relationship {
    product_reference: String,
    relates_to_product_reference: String,
    full_product_name: Product,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_ids: Vec<String>,
}

/// What the ids mean.
#[derive(Default)]
pub(super) struct Products {
    pub(super) by_id: HashMap<String, Arc<VexProduct>>,
    pub(super) groups: HashMap<String, Vec<String>>,
}

impl ProductTree {
    pub(super) fn products(&self, problems: &mut Vec<VexProblem>) -> Products {
        let mut products = Products::default();
        let mut open: Vec<&Branch> = self.branches.iter().collect();
        while let Some(branch) = open.pop() {
            open.extend(&branch.branches);
            let Some(product) = &branch.product else { continue };
            if branch.category != "product_version_range" {
                products.add(product, product.named());
                continue;
            }
            match Vers::parse(&branch.name) {
                Ok(range) => products.add(product, VexName { ranges: vec![range], ..product.named() }),
                // Without an order of versions the range is only a name; its purl, without a version, would mean all of them.
                Err(why) => {
                    problems.push(VexProblem::range("product_tree", &branch.name, &why));
                    products.add(product, VexName { text: product.name.clone(), ..VexName::default() });
                }
            }
        }
        for product in &self.full_product_names {
            products.add(product, product.named());
        }
        self.relate(&mut products);
        products.groups = self.product_groups.iter().map(|g| (g.group_id.clone(), g.product_ids.clone())).collect();
        products
    }

    /// Adds the products that are one in another. A relationship may be about a product that is one itself.
    fn relate(&self, products: &mut Products) {
        let mut left: Vec<&Relationship> = self.relationships.iter().collect();
        for _ in 0..MAX_STEPS {
            let before = left.len();
            left.retain(|relationship| {
                let part = products.by_id.get(&relationship.product_reference);
                let whole = products.by_id.get(&relationship.relates_to_product_reference);
                let Some((part, whole)) = part.zip(whole) else { return true };
                // In a chain, the innermost part and the outermost whole are what can be found.
                let component = part.component.clone().unwrap_or_else(|| part.product.clone());
                let related = VexProduct { product: whole.product.clone(), component: Some(component) };
                products.by_id.insert(relationship.full_product_name.product_id.clone(), Arc::new(related));
                false
            });
            if left.is_empty() || left.len() == before {
                return;
            }
        }
    }
}

impl Products {
    fn add(&mut self, product: &Product, name: VexName) {
        let product_id = product.product_id.clone();
        self.by_id.insert(product_id, Arc::new(VexProduct { product: name, component: None }));
    }
}

impl Product {
    fn named(&self) -> VexName {
        let helper = &self.product_identification_helper;
        let mut name = VexName { text: self.name.clone(), ..VexName::default() };
        helper.purl.iter().chain(&helper.purls).for_each(|purl| name.add_purl(purl));
        for hash in helper.hashes.iter().flat_map(|file| &file.file_hashes) {
            name.add_hash(&hash.algorithm, &hash.value);
        }
        if !name.is_image() {
            name.digests.clear();
        }
        name
    }
}
