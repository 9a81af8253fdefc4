# `make run` and `make test` are all one needs; the rest is for those who work on Holdfast.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test watch build bench stories soak fuzz fmt screenshots clean
TOOLS := . tools/env
# What the server carries as its page. Without it cargo would build the server anew, without a page.
SITE := LEPTOS_OUTPUT_NAME=holdfast LEPTOS_SITE_ROOT=target/site
TARGET = $(or $(CARGO_TARGET_DIR),target)
ARGS ?=

run: ## Build what is not built yet, and serve on http://127.0.0.1:3000 (make run ARGS="--listen 0.0.0.0:8080")
	@$(MAKE) --no-print-directory build
	@exec $(TARGET)/release/holdfast $(ARGS)

test: ## Form, lints, tests, and the stories in a real Chromium
	@tools/test

watch: ## Build, serve, and build again at each change, with live reload
	@tools/setup watch
	@tools/modules
	@$(TOOLS) && cargo leptos watch

build: ## The release binary. The page first, for the server carries it
	@tools/setup run
	@tools/page
	@$(TOOLS) && $(SITE) cargo build --locked --release -p holdfast

bench: ## CPU per chunk, delay, memory per socket, beside a bare relay; and what the page costs in Chromium
	@tools/setup test
	@$(MAKE) --no-print-directory build
	@$(TOOLS) && $(SITE) cargo bench --locked -p holdfast --bench load
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end/bench.config.ts

stories: build ## The stories alone, in a real Chromium (make stories ARGS="-g offline")
	@tools/setup test
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end $(ARGS)

soak: ## Random schedules for as long as one likes, counted (make soak MINUTES=600)
	@tools/setup test
	@$(TOOLS) && HOLDFAST_SOAK_MINUTES=$(or $(MINUTES),60) cargo test --locked -p holdfast --test schedules soak -- --ignored --nocapture

fuzz: ## Bytes that break something, looked for and counted (make fuzz TARGET=frames MINUTES=10; without a target each in turn)
	@tools/fuzz $(or $(TARGET),all) $(or $(MINUTES),10)

fmt: ## Bring the code into its form
	@cargo fmt --all

screenshots: ## A picture of every view, wide and narrow, by day and by night, into target/screenshots; some into docs/images
	@tools/setup test
	@$(MAKE) --no-print-directory build
	@$(TOOLS) && HOLDFAST_BIN=$(abspath $(TARGET))/release/holdfast playwright test --config end2end/screenshots.config.ts

clean: ## Remove what was built; the tools and your data stay
	@cargo clean
	@rm -rf node_modules end2end/test-results

help: ## These lines
	@sed -nE 's/^([a-z]+): ## (.*)/  make \1\t\2/p' Makefile | expand -t 22
