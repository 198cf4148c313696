# SPDX-License-Identifier: Apache-2.0
"""Kills of the server at random moments of uploads, multipart completions, training, artifact upload, deployment and
deletion. Whatever the moment: what was acknowledged is there and intact, jobs end lawfully with every line once, endpoints
serve, and nothing is left behind. SAGEBRUSH_TEST_KILLS and SAGEBRUSH_TEST_SEED make it longer, or the same again."""

import os
import random
import threading

from faults.ledger_client import LedgerClient, ended_jobs, inconsistencies, records_of
from harness import wait_until

KILLS = int(os.environ.get("SAGEBRUSH_TEST_KILLS", "10"))
SEED = int(os.environ.get("SAGEBRUSH_TEST_SEED", str(random.randrange(10**6))))
LONGEST = 2.2  # about what a job takes from its creation to its end
STEPS = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
WAITED = ["Starting", "Pending"] + STEPS  # for others to leave it a core


def test_whatever_the_moment_of_a_kill_nothing_is_lost_doubled_or_left(server, model_archive):
    chance = random.Random(SEED)
    ledger = LedgerClient(server, SEED)
    assert ledger.ask(do="begin", model=str(model_archive))["problems"] == []
    for number in range(KILLS):
        where = "kill %d, seed %d" % (number, SEED)
        moment = threading.Timer(chance.uniform(0, LONGEST), server.kill)
        moment.start()
        answer = ledger.ask(do="load", seconds=20, jobs=1)
        moment.join()
        server.start()
        problems = answer["problems"] + ledger.ask(do="check")["problems"]
        assert not problems, "%s\n%s\n%s" % (where, "\n".join(problems), server.log.read_text()[-4000:])
        print("%s: %d acknowledged" % (where, answer["acknowledged"]), flush=True)

    for name, job in ended_jobs(ledger, "seed %d" % SEED, server).items():
        where = "%s, seed %d: %s" % (name, SEED, job)
        assert job["status"] == "Completed" and job["model"] > 0, where
        assert job["lines"] == ["line %02d" % i for i in range(30)], where
        assert job["steps"] in (STEPS, WAITED), where
        assert all(start <= end for start, end in job["times"]), where
        assert all(one[1] <= other[0] for one, other in zip(job["times"], job["times"][1:])), where
    problems = ledger.ask(do="end")["problems"]  # the endpoint predicts, and is deleted
    assert not problems, "seed %d\n%s" % (SEED, "\n".join(problems))
    wait_until("no instance is left (seed %d)" % SEED, lambda: not server.instances() and not server.processes(), 30)
    wait_until("no record of an instance is left", lambda: records_of(server, "instance") == [], 30)
    assert inconsistencies(server) == []
    ledger.close()
