# What a developer runs. Everything is built below target/; nothing outside the checkout is touched.
CARGO ?= cargo

.PHONY: demo test check interop

# The main job on real input: build, sign, promote to staging and prod, and refuse an unsigned image.
demo:
	@scripts/demo.sh

# The whole test suite.
test: check
	$(CARGO) test --workspace --all-features
	@scripts/python.sh
	@scripts/node.sh

# What must hold before the tests are worth running: format, lints, documentation, licences.
check:
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --quiet
	@scripts/tools.sh
	target/tools/bin/cargo-deny --log-level error check licenses bans sources

# Against the real peers. Nothing here needs one yet.
interop:
	@echo "interop: no case yet"
