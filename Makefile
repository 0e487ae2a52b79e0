# What a developer runs. Everything is built below target/; nothing outside the checkout is touched.
CARGO ?= cargo

.PHONY: test check interop

# The whole test suite.
test: check
	$(CARGO) test --workspace --all-features

# What must hold before the tests are worth running: format, lints, documentation.
check:
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --quiet

# Against the real peers. Nothing here needs one yet.
interop:
	@echo "interop: no case yet"
