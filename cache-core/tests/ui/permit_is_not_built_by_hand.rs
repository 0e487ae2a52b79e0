use cache_core::approve::Permit;
use cache_core::plan::SetTag;

fn forge(op: SetTag) -> Permit<'static, SetTag> {
    Permit::new(op)
}

fn main() {}
