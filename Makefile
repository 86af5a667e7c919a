# `make` explains itself. The work is done by the scripts in dev/.
.DEFAULT_GOAL := help
.PHONY: help run test fuzz check e2e single-source bench heap-profile coverage soak clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-14s %s\n", $$1, $$2 }'

run: ## Start the portal with demo people; RECORDS=dir serves FHIR transaction Bundles instead
	@dev/run $(if $(RECORDS),--records "$(RECORDS)")

test: ## Run all tests; ARGS="name" runs those that have it in their name
	@dev/test $(ARGS)

fuzz: ## Ask for every read with whatever its schema allows, and what it does not
	@dev/run --fuzz

check: ## Format, lints, dependency rules, documents, scripts
	@dev/check

e2e: ## The portal with a real Keycloak and a real browser; ARGS="name" runs those scene files
	@dev/e2e $(ARGS)

single-source: ## One HAPI FHIR server as every source; two validators over everything served
	@dev/single-source

bench: ## Measure against the floor; ARGS go to the benchmark
	@dev/bench $(ARGS)

heap-profile: ## What is held in memory before, during and after hostile answers (needs heaptrack)
	@dev/heap-profile

coverage: ## Which lines the tests reach (needs cargo-llvm-cov)
	@dev/coverage $(ARGS)

soak: ## What takes hours: all tests with 4,096 cases a property, mutation testing of the rules
	@dev/soak $(ARGS)

clean: ## Stop everything that was started here, remove what was built
	@dev/servers sweep --all
	@cargo clean
