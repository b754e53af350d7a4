# Every command that developers and CI run. Each does its own set-up first (scripts/setup.sh).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# The whole data set, for the tests that need it; they are skipped without it.
TESTDATA := $(abspath $(wildcard ../shared/data))

# How long each fuzz target runs, how often each benchmark.
FUZZTIME ?= 10s
BENCHTIME ?= 1s

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: setup
setup: ## Install what is missing, where that needs no asking
	@scripts/setup.sh

.PHONY: run
run: ## Run the server; without DATABASE_URL on a private PostgreSQL with demo data
	@[[ -n "$${DATABASE_URL:-}" ]] || scripts/setup.sh run
	go run .

.PHONY: test
test: setup ## Run all tests
	$(if $(TESTDATA),CORPINTEL_TESTDATA="$${CORPINTEL_TESTDATA:-$(TESTDATA)}") go test ./...

.PHONY: test-timescale
test-timescale: setup ## Run the tests of the database on TimescaleDB, where that is installed
	scripts/test-timescale.sh

.PHONY: test-pgbouncer
test-pgbouncer: setup ## Run the tests of the read path through PgBouncer, where that is to be had
	scripts/test-pgbouncer.sh

.PHONY: race
race: setup ## Run all tests under the race detector
	go test -race ./...

.PHONY: test-http
test-http: setup ## Run the GraphQL-over-HTTP audit of graphql-http against the server (Node)
	scripts/test-http.sh

.PHONY: test-metrics
test-metrics: setup ## Have a real Prometheus scrape the server (Debian's package)
	scripts/test-metrics.sh

.PHONY: check-deploy
check-deploy: setup ## Check the files by which the server is deployed and watched (deploy/)
	scripts/check-deploy.sh

.PHONY: test-clients
test-clients: setup ## Ask the server with Apollo Client, urql, graphql-request and Relay (Node)
	scripts/test-clients.sh

.PHONY: test-browser
test-browser: setup ## Run the tests of the explorer and the landing page in Chromium (Node)
	scripts/test-browser.sh

.PHONY: ui
ui: ## Build the explorer and the landing page anew: web/ui/dist (Node)
	cd web/ui && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run build

.PHONY: check-ui
check-ui: ## Check that the built pages are up to date (Node)
	scripts/check-ui.sh

.PHONY: lint
lint: ## Run the linters, check the formatting
	$(GOLANGCI) run

.PHONY: fmt
fmt: ## Format the code
	$(GOLANGCI) fmt

.PHONY: generate
generate: ## Generate the GraphQL executor from the schema
	go generate ./...

.PHONY: check-generated
check-generated: ## Check that what is generated is up to date
	scripts/check-generated.sh

.PHONY: schema
schema: setup ## Write migrations/schema.sql anew from the migrations
	go test ./migrations -run TestSchema -update

.PHONY: fuzz
fuzz: setup ## Run each fuzz target for FUZZTIME
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: setup ## Compare the server with hand-written handlers: a table of ratios (bench/)
	go test ./bench -run '^$$' -bench . -benchtime $(BENCHTIME)

.PHONY: load
load: ## Load a server by k6: SCENARIO=baseline, normal, peak or stress, DURATION=60s, ANSWERS=on (docs/loadtest.md)
	scripts/load.sh $(or $(SCENARIO),baseline)

.PHONY: load-pgbench
load-pgbench: ## Run the statements that servers send most by pgbench
	scripts/load-pgbench.sh

.PHONY: bench-all
bench-all: setup ## Run all benchmarks for BENCHTIME each
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) ./...

.PHONY: bench-once
bench-once: ## Run each benchmark once, so that none rots
	$(MAKE) bench-all BENCHTIME=1x
