# `make run` and `make test` are all that users need. The other targets are for contributors.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test watch build bench end2end soak fuzz fmt screenshots clean
TOOLS := . tools/env
# The page that the server embeds. Without these variables, cargo rebuilds the server without a page.
SITE := LEPTOS_OUTPUT_NAME=holdfast LEPTOS_SITE_ROOT=target/site
TARGET = $(or $(CARGO_TARGET_DIR),target)
ARGS ?=

run: ## Build what is missing, and serve on http://127.0.0.1:3000 (make run ARGS="--listen 0.0.0.0:8080")
	@$(MAKE) --no-print-directory build
	@exec $(TARGET)/release/holdfast $(ARGS)

test: ## Run format checks, lints, tests and browser tests
	@tools/test

watch: ## Build and serve, rebuild at each change, with live reload
	@tools/setup watch
	@tools/modules
	@$(TOOLS) && cargo leptos watch

build: ## Build the release binary: first the page, then the server that embeds it
	@tools/setup run
	@tools/page
	@$(TOOLS) && $(SITE) cargo build --locked --release -p holdfast

bench: ## Measure CPU per chunk, delay and memory beside a bare relay, the page in Chromium, what is read from PDF files, and what is found
	@tools/setup bench
	@$(MAKE) --no-print-directory build
	@$(TOOLS) && $(SITE) cargo bench --locked -p holdfast --bench load
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end/bench.config.ts
	@$(TOOLS) && cargo bench --locked -p holdfast-reading --bench extraction
	@$(TOOLS) && cargo bench --locked -p holdfast-store --bench finding

end2end: build ## Run the browser tests only (make end2end ARGS="-g offline")
	@tools/setup test
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end $(ARGS)

soak: ## Run random schedules for MINUTES (make soak MINUTES=600)
	@tools/setup test
	@$(TOOLS) && HOLDFAST_SOAK_MINUTES=$(or $(MINUTES),60) cargo test --locked -p holdfast --test schedules soak -- --ignored --nocapture

fuzz: ## Fuzz one target, or each in turn (make fuzz TARGET=frames MINUTES=10)
	@tools/fuzz $(or $(TARGET),all) $(or $(MINUTES),10)

fmt: ## Format the code
	@cargo fmt --all

screenshots: ## Take pictures of every view into target/screenshots, and of some into docs/images
	@tools/setup test
	@$(MAKE) --no-print-directory build
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end/screenshots.config.ts

clean: ## Remove build results; keep tools and data
	@cargo clean
	@rm -rf node_modules end2end/test-results

help: ## Show this list
	@sed -nE 's/^([a-z0-9]+):[a-z ]* ## (.*)/  make \1\t\2/p' Makefile | expand -t 22
