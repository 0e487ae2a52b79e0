//! What a person reads before approving.
use super::PlanBody;
impl PlanBody {
    /// The plan in words.
    pub fn render(&self) -> String {
        String::new()
    }
}
