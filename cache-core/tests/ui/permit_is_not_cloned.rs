// error[E0308]: mismatched types
use cache_core::approve::Permit;
use cache_core::plan::SetTag;

fn twice<'a>(permit: Permit<'a, SetTag>) -> (Permit<'a, SetTag>, Permit<'a, SetTag>) {
    (permit.clone(), permit)
}

fn main() {}
