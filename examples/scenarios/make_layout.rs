//! Prepares the folder of one scenario: `make-layout SCENARIO FOLDER`. Used by the runners in Python and Node.

mod layouts;

use std::path::Path;

fn main() -> layouts::Done {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = given.as_slice() else { return Err("give the name of a scenario and a folder".into()) };
    layouts::prepare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), name, Path::new(folder))
}
