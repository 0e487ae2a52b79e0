// error[E0277]: the trait bound `Approved: serde::de::DeserializeOwned` is not satisfied
use cache_core::approve::Approved;

fn main() {
    let _ = cache_core::connect::read::<Approved>("approval", Default::default());
}
