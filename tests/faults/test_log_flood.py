# SPDX-License-Identifier: Apache-2.0
"""A job that prints 100,000 lines a second: every line comes, in order and once, and neither server nor agent grows."""

import os
import threading
from pathlib import Path

from faults.small_jobs import end_of, lines_of, start
from harness import wait_until

LINES = int(os.environ.get("SAGEBRUSH_TEST_FLOOD", "300000"))
# A thousand lines each hundredth of a second, as long as whoever reads keeps up.
SCRIPT = """
import sys, time
begin = time.time()
for block in range(%d):
    sys.stdout.write("".join("line %%07d of the flood\\n" %% i for i in range(block * 1000, block * 1000 + 1000)))
    sys.stdout.flush()
    time.sleep(max(0, begin + (block + 1) / 100 - time.time()))
print("took %%.1f s" %% (time.time() - begin))
""" % (LINES // 1000)
MIB = 1 << 10  # /proc counts KiB


def peak(pid):
    try:
        status = Path("/proc/%d/status" % pid).read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def test_a_flood_of_lines_loses_none_and_memory_stays_bounded(server):
    before = peak(server.process.pid)
    agents, over = {}, threading.Event()

    def watch():
        while not over.wait(0.1):
            for pid in server.agents():
                agents[pid] = max(agents.get(pid, 0), peak(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        start(server, "flood", SCRIPT)
        job = end_of(server, "flood", wait_until, 180)
    finally:
        over.set()
        watcher.join()
    grown = peak(server.process.pid) - before

    assert job["status"] == "Completed", job
    lines = lines_of(server, "flood")
    assert [line for line in lines if line.startswith("line ")] == ["line %07d of the flood" % i for i in range(LINES)]
    print([line for line in lines if line.startswith("took ")], "server + %d MiB, agent %s MiB" % (grown // MIB, [p // MIB for p in agents.values()]))
    assert agents and max(agents.values()) < 100 * MIB, agents
    assert grown < 150 * MIB, grown
