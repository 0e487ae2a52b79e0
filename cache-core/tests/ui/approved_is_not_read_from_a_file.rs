use cache_core::approve::Approved;

fn main() {
    let _: Approved = serde_json::from_str("{}").unwrap();
}
