# What there is to do here. Everything works with plain go commands, too.
.DEFAULT_GOAL := help
.PHONY: help test soak lint run clients fuzz bench package release ci

FUZZTIME ?= 30s
FOR ?= $(if $(SEEDS)$(SEED),,10m)
RUN ?= ^TestSoak
BENCH ?= .

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: ## all tests
	go test ./...

soak: ## random scenarios: for FOR (10m) in each test, or SEEDS of them, or one SEED; RUN names the tests
	@for dir in $$(grep -rl --include='*_test.go' '^func TestSoak' . | xargs -n 1 dirname | sort -u); do \
		echo "$$dir"; \
		SOAK_FOR='$(FOR)' SOAK_SEEDS='$(SEEDS)' SOAK_SEED='$(SEED)' go -C "$$dir" test -count 1 -timeout 0 -run '$(RUN)' || exit 1; \
	done

lint: ## formatting, vet and the linters, at the version of .ci/run
	bash .ci/run format vet lint

run: ## the whole job against an embedded cloud
	go run .

clients: ## real SDKs, of npm and Go, against the emulated cloud
	bash .ci/clients/run

fuzz: ## every fuzz test for FUZZTIME (30s)
	@go list ./... | while read -r package; do \
		for name in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz'); do \
			echo "$$package $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
		done; \
	done

bench: ## the benchmarks that match BENCH (all)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

package: ## dist/fc-renewer.zip, with rules.yaml where there is one
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -tags nethttpomithttp2,function -trimpath -buildvcs=false -ldflags="-s -w" -o target/main .
	go run ./internal/deploy/zip dist/fc-renewer.zip target/main $(wildcard rules.yaml)

release: ## dist/ of a VERSION (v1.2.0): package, s.yaml, list of modules, sums
	VERSION='$(VERSION)' bash .ci/release

ci: ## what the public CI runs
	bash .ci/run
