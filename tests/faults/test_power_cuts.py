# SPDX-License-Identifier: Apache-2.0
"""The power fails while the server is written to. SIGKILL keeps what the kernel has in memory, so it tells nothing about
fsync; here a layer under every write of the server keeps only what was synced, and chance decides of the rest. Whatever
was acknowledged is there, and nothing half done shows. SAGEBRUSH_TEST_CUTS and SAGEBRUSH_TEST_SEED make it longer, or
the same again; docs/reliability.md tells how the layer works."""

import os
import random

import pytest

from faults.ledger_client import LedgerClient, ended_jobs
from faults.power_server import PowerServer, build_layer, cut_the_power
from faults.powercut.disk import MOODS
from harness import wait_until

CUTS = int(os.environ.get("SAGEBRUSH_TEST_CUTS", "10"))
SEED = int(os.environ.get("SAGEBRUSH_TEST_SEED", str(random.randrange(10**6))))


@pytest.fixture(scope="session")
def layer(tmp_path_factory):
    return build_layer(tmp_path_factory.mktemp("powercut"))


def run_cuts(folder, layer, cuts, seed, jobs=False, lie=""):
    """Cuts until something is wrong. Gives (server, ledger, what is wrong, how many cuts it took)."""
    server = PowerServer(folder, layer, seed, lie)
    server.start()
    ledger = LedgerClient(server, seed)
    assert ledger.ask(do="begin")["problems"] == []
    for number in range(cuts):
        problems, how = cut_the_power(server, ledger, number, jobs=1 if jobs and number % 5 == 0 else 0)
        print(how, flush=True)
        if problems:
            return server, ledger, ["seed %d, %s" % (seed, how)] + problems, number + 1
    return server, ledger, [], cuts


def test_what_was_acknowledged_outlives_every_power_cut(folder, layer):
    server, ledger, problems, _ = run_cuts(folder, layer, CUTS, SEED, jobs=True)
    try:
        assert not problems, "\n".join(problems)

        jobs = ended_jobs(ledger, "seed %d" % SEED, server)
        for name, job in jobs.items():
            where = "%s, seed %d: %s" % (name, SEED, job)
            assert job["status"] in ("Completed", "Failed") and job["steps"][-1] == job["status"], where
            assert job["lines"] == ["line %02d" % i for i in range(len(job["lines"]))], where
            if job["status"] == "Completed":
                assert len(job["lines"]) == 30 and job["model"] > 0, where
            else:
                assert job["reason"], where
        wait_until("no instance is left", lambda: not server.instances(), 30)
    finally:
        ledger.close()
        server.stop()
    assert server.leftovers() == []


def test_a_first_start_that_is_cut_at_any_of_its_changes_is_done_again(folder, layer):
    for changes in range(1, 61):
        (folder / str(changes)).mkdir()
        server = PowerServer(folder / str(changes), layer, changes, delay_us=0)
        server.cut_after(changes)
        assert not server.start_or_be_cut(), "a start makes more than %d changes" % changes
        server.power_off(server.chance.choice(MOODS))
        server.start()
        server.stop()


@pytest.mark.parametrize("lie", ["folders", "/blobs/", "index.db-wal", "logs.db-wal", "records.db-wal"])
def test_a_disk_that_lies_about_syncs_is_found_out(folder, layer, lie):
    """The test of the test: where the layer forgets one kind of sync, something acknowledged is soon missed."""
    server = ledger = None
    try:
        server, ledger, problems, cuts = run_cuts(folder, layer, 40, 7, lie=lie)
        assert problems != [], "40 cuts without %s, and nothing was missed" % lie
    except AssertionError as error:
        assert "the server did not start" in str(error), error  # found out in the plainest way
    finally:
        if ledger:
            ledger.close()
        if server:
            server.stop()
