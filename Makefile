# The verbs of this house. What they make goes into .venv, .run, clients/web, benchmarks/socketio and
# benchmarks/out, and build (reports, the site).

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
MACHINE = $(or $(PYTHON),$(error Parley needs Python 3.11 or newer on PATH; or PYTHON=/path/to/it))
BOOTSTRAP = $(MACHINE) -m dev.bootstrap
DEV = .venv/bin/python -m dev

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## install everything, the tools of the checks included, and build the web client
	@$(BOOTSTRAP) product servers node client checks bench openapi k8s checkov otel $(if $(CI_FULL),docs)
	@$(DEV) web

up: ## run the whole suite: PORT=8000 RUN_DIR=.run CHAT_PROCESSES=1; DEMO=1: with people and a bot
	@$(MACHINE) -m dev.early
	@$(BOOTSTRAP) product servers node $(if $(filter 1,$(DEMO)),client) $(if $(filter nginx,$(GATEWAY)),checks k8s)
	@$(DEV) web
	@exec $(DEV) up --with-parent

check: setup ## lint, types, architecture, migrations
	@$(DEV) check

test: setup ## every test, with the seconds of each part
	@$(DEV) test

manage: ## a command beside a running suite: SERVICE=chat DO="deactivate alice" RUN_DIR=.run
	@$(BOOTSTRAP) product servers
	@exec $(DEV) manage $(or $(SERVICE),chat) $(DO)

doctor: ## look at a running suite, and say what is wrong: RUN_DIR=.run DO="--json"
	@$(BOOTSTRAP) product servers
	@exec $(DEV) doctor $(DO)

# AS has a meaning of make's own (the assembler) unless somebody gives it one.
talk: ## chat in this terminal: AS=alice PORT=8000, or URL=http://...
	@$(BOOTSTRAP) client
	@exec .venv/bin/python -m clients.python.terminal \
		--url $(or $(URL),http://127.0.0.1:$(or $(PORT),8000)) $(if $(filter default,$(origin AS)),,$(AS))

bench: setup ## Parley and others side by side, in 40 minutes; QUICK=1 in 5, FULL=1 in 90, ONLY=soak,growth
	@.venv/bin/python -m benchmarks.bench

profile: setup ## where the time of a message goes: RATE=1000 SECONDS=20
	@.venv/bin/python -m benchmarks.profile --rate $(or $(RATE),1000) --seconds $(or $(SECONDS),20)

chaos: setup ## break one thing after the other, and judge: SECONDS=600 SEED=1
	@.venv/bin/python -m tests.faults.chaos --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

mutants: setup ## whether mistakes in the product would be noticed: each is made, in a copy
	@.venv/bin/python -m tests.faults.mutants --seed $(or $(SEED),1)

fuzz: ## look for bytes that break a reader, guided by coverage: SECONDS=60 for each, ONLY="frame body"
	@$(BOOTSTRAP) product client checks fuzz
	@DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH=.venv/fuzz .venv/bin/python -m tests.fuzz \
		--seconds $(or $(SECONDS),60) $(ONLY)

containers: ## the image and the compose file, for real: needs Debian, root and no registry
	@$(BOOTSTRAP) product servers client checks
	@.venv/bin/python -m tests.containers $(if $(ONLY),--only "$(ONLY)")

k8s-check: ## render the manifests in k8s/, and have them judged: by schemas, and for hardening
	@$(BOOTSTRAP) product checks node k8s checkov
	@.venv/bin/python -m dev.k8s

k8s-play: ## k8s/overlays/dev for real, by podman: needs Debian, root and no registry
	@$(BOOTSTRAP) product servers client checks k8s
	@.venv/bin/python -m tests.kubernetes $(if $(ONLY),--only "$(ONLY)")

secrets: ## what docker compose and k8s/overlays/dev need, in a folder: SECRETS=secrets
	@$(BOOTSTRAP) product
	@.venv/bin/python -m dev.containers.secrets $(or $(SECRETS),secrets)

fix: setup ## format, and mend what can be mended
	@$(DEV) fix

docs: ## the documents as a site, build/docs/index.html; a warning is an error
	@$(BOOTSTRAP) product servers node client docs
	@$(DEV) docs

audit: ## ask whether anything that is installed is known to be vulnerable
	@$(BOOTSTRAP) product audit
	@$(DEV) audit

reset: ## forget the data, secrets and records of RUN_DIR
	@$(BOOTSTRAP) product servers
	@$(DEV) reset

lock: ## renew requirements/*.lock from pyproject.toml
	@$(BOOTSTRAP) product servers
	@$(DEV) lock

.PHONY: help setup up manage doctor talk check test bench profile chaos mutants fuzz containers k8s-check k8s-play secrets fix docs audit reset lock
