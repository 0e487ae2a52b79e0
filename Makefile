# What a developer runs. Everything is built below target/; nothing outside the checkout is touched.
CARGO ?= cargo

.PHONY: demo test check interop bench packages runtimes audit features

# The main job on real input: build, sign, promote to staging and prod, and refuse an unsigned image.
demo:
	@scripts/demo.sh

# The whole test suite: Rust, then Node, Python and the examples of CI, which set themselves up below target/ and in node_modules.
test: check
	$(CARGO) test --workspace --all-features
	@scripts/node.sh
	@scripts/python.sh
	@scripts/ci-examples.sh

# What must hold before the tests are worth running: format, lints, documentation, the public surface, licences.
check:
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --quiet
	@scripts/public-api.py
	@scripts/tools.sh
	target/tools/bin/cargo-deny --log-level error check licenses bans sources

# Against the real peers, in both directions. An absent peer is a line of output; CACHE_INTEROP=required makes it a failure.
# The OCI conformance suite is served by no package registry, so only a checkout beside the peers can be run. The real
# image is built by `make bench`; without it the comparison of SBOMs is a line of output.
interop:
	@scripts/peers.sh
	$(CARGO) test --workspace --all-features --lib --test it -- --ignored interop
	@CACHE_INTEROP= scripts/oci-conformance.sh
	@CACHE_INTEROP= scripts/parity.sh
	@CACHE_INTEROP= scripts/scan-parity.sh

# How fast: criterion on digests, documents and plans, then whole processes beside the peers on a real image.
bench:
	$(CARGO) bench -p cache-benches
	@scripts/peers.sh
	@scripts/real-image.sh
	$(CARGO) build --release --example copy --example pull --example sbom --example verify --example scan --example many-tags
	$(CARGO) build --release -p cache-core --example registry --features conformance
	@scripts/compare.sh
	@scripts/compare-many.sh
	@scripts/compare-far.sh
	@scripts/compare-sbom.sh
	@scripts/compare-sign.sh
	@scripts/compare-scan.sh

# What is published, for this machine: wheel, source distribution, npm packages; each is installed in an empty folder and promotes an image there.
packages:
	@scripts/packages.sh

# The Node binding in other versions of Node, after `make test`.
runtimes:
	@scripts/runtimes.sh

# The library with each of its features alone, and with none.
features:
	@scripts/features.sh

# Whether anything is known against the versions that are locked. Needs the network; what cannot be asked is a line of output.
audit:
	@scripts/audit.sh
