SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test e2e lint format format-check typecheck build images chart generate lock cluster-up cluster-down bench bench-parse bench-pods bench-policies bench-prediction bench-processes bench-rank bench-scores bench-stored fuzz faults morning proof-policies scale scale-logins scale-policies soak captures clean

# Node 24 from the lock file, whatever the machine's own version is: npm's bin folder comes first.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.package-lock.json ## Install the dependencies, Node 24 among them

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "setup failed: expected Node.js (20 or newer) with npm, found none: install it first"; exit 3; }
	@echo "installing dependencies from package-lock.json …"
	@npm ci --loglevel=error
	@touch $@

demo: setup ## Show the main job: a real kill in a real pod becomes an OOMReport (KEEP=1 leaves it up)
	@node test/demo/main.ts

morning: setup ## Show what people read after a mixed morning of kills on a real node, each counted (root)
	@node test/morning/main.ts

test: setup ## Set everything up and run all tests (LONG=1: the long ones too)
	@node hack/runTests.ts

e2e: setup ## Install on two real nodes, kill in every scope, take parts away, uninstall: each kill counted (root; E2E_SHORT=1, E2E_CHAPTERS, E2E_IDLE_MINUTES, KEEP=1)
	@node test/e2e/main.ts

lint: setup ## Check the code, with types
	@npm run --silent lint

format: setup ## Format the code
	@npm run --silent format

format-check: setup ## Check the format
	@npm run --silent format:check

typecheck: setup ## Check the types
	@npm run --silent typecheck

build: setup ## Bundle the programs into dist/
	@npm run --silent build

images: build ## Build the image of all programs for amd64 and arm64 into dist/, with bills of materials (Debian's apt-get)
	@node hack/images.ts

chart: setup ## Package the chart into dist/chart, with the image of `make images` by its digest
	@node hack/chart.ts

generate: setup ## Write crds/ and the chart's copies from the schemas in operator/api
	@npm run --silent generate

lock: setup ## Write package-lock.json so that npm ci takes it on every platform
	@npm run --silent lock

cluster-up: setup ## Build and start the test cluster on this machine (NODES=2: a virtual machine as a second node)
	@node test/cluster/cli.ts up --nodes $(or $(NODES),1)

cluster-down: setup ## Take the test cluster down, with all that it made
	@node test/cluster/cli.ts down

bench: setup ## Measure what helm installs: install to ready, kill to visible, start to score (SCORED_PODS=N), and idle cost in the pods
	@node test/bench/main.ts

bench-pods: setup ## Measure: heap of what the operator remembers of 50,000 pods, beside the pods as they come (PODS=150000)
	@node --expose-gc --max-semi-space-size=4 test/bench/pods/main.ts

bench-policies: setup ## Measure: what one pod's change takes the operator with 20 policies over 50,000 pods, beside deciding all of it (PODS=N)
	@node test/bench/policies/main.ts

bench-prediction: setup ## Measure: over 100 real kills, how often the kernel takes whom the agent foresaw, and why not (root)
	@node test/bench/prediction/main.ts

bench-processes: setup ## Measure: what the agent costs at rest beside 500 and 2,000 processes, and in a storm of kills (root)
	@node test/bench/processes/main.ts

bench-parse: build ## Measure: reading a kernel log, beside the kubelet's reader; the start of analyze, beside Node's own; ten times a hostile log
	@node test/bench/parse/main.ts

fuzz: setup ## Analyse a million spoiled logs (FUZZ_INPUTS=N; FUZZ_SEED=S begins at a seed) and hold each against what must be true
	@node test/fuzz/main.ts

bench-stored: build ## Measure: a kill's time stamp to its event in JetStream, beside a bare reader of the kernel's log (root)
	@node test/bench/stored/main.ts

bench-rank: build ## Measure: oomkeeper rank at 1,000 processes, beside a shell script and a C loop
	@node test/bench/rank/main.ts

bench-scores: build ## Measure: from a container's program to its score, beside 10 and 500 containers, and what the agent costs then at rest (root)
	@node test/bench/scores/main.ts

faults: setup ## Break everything while the kernel kills, and account for every kill (root; FAULTS_KILLS=N, FAULTS_SEED=S, FAULTS_VM=0)
	@node test/faults/main.ts

scale: setup ## Measure: 5,000 nodes, 50,000 pods, 20,000 kills in a minute, each counted (SCALE_NODES, SCALE_PODS, SCALE_WORKLOADS, SCALE_KILLS)
	@node test/scale/main.ts

scale-logins: setup ## Measure: 5,000 agents log in at once, and again after a restart of NATS (SCALE_NODES)
	@node test/scale/loginsMain.ts

scale-policies: setup ## Measure: a policy for 10,000 pods on 1,000 nodes, out to each of them, changed, and at rest (SCALE_NODES, SCALE_PODS)
	@node test/scale/policiesMain.ts

proof-policies: setup ## Show that a policy decides who outlives: a node's memory runs out ten times without it, ten times with it (root; PROOF_ROUNDS=N)
	@node test/proof/main.ts

soak: setup ## Measure: what the agent has after 1,000 to 10,000 kills, which must stay the same (root; KILLS=N)
	@node test/bench/soak/main.ts

captures: setup ## Make the captures of Debian's kernels in test/fixtures/kmsg anew, by real kills in virtual machines
	@node test/cluster/vm/capture.ts

clean: ## Remove what was built and installed in the checkout
	rm -rf dist node_modules
