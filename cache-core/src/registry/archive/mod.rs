//! Images in tar files, read only: what `docker save` writes, and OCI layouts that were packed.
//!
//! A tar file is looked through once, at the first use, and its files are then read where they are; nothing is unpacked. It
//! must be a plain one: in a compressed tar file nothing can be found without reading everything before it.

mod docker;
mod docker_files;
mod layer;
mod names;
mod oci;
mod once;
mod saved;
mod scan;
mod tar_file;
#[cfg(test)]
mod tests;

pub use docker::DockerArchive;
pub use oci::OciArchive;
