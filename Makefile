# SPDX-License-Identifier: Apache-2.0
#
# What one types. Each target sets up what it needs first (tools/setup: Debian packages, one cache
# folder, this checkout's build/), and may be run again at any time.

PORT ?= 7070
DATA ?= data
SECONDS ?= 300
ROUNDS ?= 200
export PORT DATA

.DEFAULT_GOAL := help
.PHONY: help tutorial test build run notebook bench soak fuzz tsan lint clean

help:
	@echo 'make tutorial    the SageMaker tutorial, start to end, on this machine'
	@echo '                 (TWEETS=/path/Tweets.csv EPOCHS=2: with the airline tweets)'
	@echo 'make run         a server to work with: PORT=$(PORT) DATA=$(DATA)'
	@echo 'make notebook    JupyterLab with the kernel conda_tensorflow_p36 (FOLDER=...)'
	@echo '                 (EXECUTE=FILE.ipynb: run a notebook, leave FILE.out.ipynb)'
	@echo 'make build       the programs, in build/bin'
	@echo 'make test        every test'
	@echo 'make bench       every benchmark, beside its peers; results in benchmarks/results'
	@echo 'make soak        kills of the server and power cuts, ROUNDS=$(ROUNDS) of each'
	@echo 'make fuzz        every parser of strangers'"'"' bytes, SECONDS=$(SECONDS) each, under ASan and UBSan'
	@echo 'make tsan        the acceptance tests on programs made with ThreadSanitizer'
	@echo 'make lint        the arrows between modules, clang-format and clang-tidy where installed'
	@echo 'make clean       remove build/ (not the data, not the cache folder)'

build:
	@tools/setup build

tutorial:
	@tools/setup build runtimes tweets
	@exec tools/tutorial

run:
	@tools/setup build
	@exec tools/run

notebook:
	@tools/setup build runtimes tweets jupyter
	@exec tools/notebook

test:
	@tools/setup dev runtimes tensorflow2 tweets jupyter tests clients
	@exec tools/test

bench:
	@tools/setup build runtimes clients peers
	@exec benchmarks/run

soak:
	@tools/setup dev runtimes tests
	@SAGEBRUSH_TEST_KILLS=$(ROUNDS) SAGEBRUSH_TEST_CUTS=$(ROUNDS) exec tools/test -rP tests/faults/test_random_kills.py tests/faults/test_power_cuts.py

fuzz:
	@tools/setup fuzz
	@exec tools/fuzz $(SECONDS)

tsan:
	@tools/setup dev runtimes tensorflow2 tests clients
	@exec tools/tsan

lint:
	@exec tools/lint

clean:
	rm -rf build
