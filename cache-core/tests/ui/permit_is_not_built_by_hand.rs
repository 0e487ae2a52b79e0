// error[E0624]: associated function `new` is private
use cache_core::approve::Permit;
use cache_core::plan::SetTag;

fn forge(op: SetTag) -> Permit<'static, SetTag> {
    Permit::new(op)
}

fn main() {}
