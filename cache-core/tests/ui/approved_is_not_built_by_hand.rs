// error[E0451]: fields `plan` and `approvals` of struct `Approved` are private
use cache_core::approve::Approved;
use cache_core::plan::Plan;

fn forge(plan: Plan) -> Approved {
    Approved { plan, approvals: Vec::new() }
}

fn main() {}
