// error: cannot construct `Approved` with struct literal syntax due to private fields
use cache_core::approve::Approved;
use cache_core::plan::Plan;

fn forge(plan: Plan) -> Approved {
    Approved { plan, approvals: Vec::new() }
}

fn main() {}
