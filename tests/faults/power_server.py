# SPDX-License-Identifier: Apache-2.0
"""A server on a disk whose power can be cut."""

import os
import random
import signal
import subprocess
from pathlib import Path

from faults.ledger_client import inconsistencies
from faults.powercut.disk import MOODS, Disk
from harness import Server, all_processes, wait_until

HERE = Path(__file__).parent
RECOVERY_CHANGES = 300  # about what a start writes
LOAD_SECONDS = 20


def build_layer(folder):
    """Compiles powercut.cc; gives the library's path."""
    library = folder / "powercut.so"
    subprocess.run(["g++", "-std=c++20", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(HERE / "powercut" / "powercut.cc"), "-ldl"], check=True)
    return library


class PowerServer(Server):
    """data/ lies on the disk. What the journal says is the truth; see powercut/powercut.cc."""

    def __init__(self, folder, library, seed, lie="", delay_us=1000):
        super().__init__(folder)
        self.root = self.folder / "disk"
        self.root.mkdir()
        self.data = self.root / "data"
        self.journal = self.folder / "journal"
        self.control = self.folder / "control"
        self.disk = Disk(self.root, self.journal)
        self.chance = random.Random(seed)
        self.layer = dict(LD_PRELOAD=library, POWERCUT_ROOT=self.root, POWERCUT_JOURNAL=self.journal, POWERCUT_LIE=lie, POWERCUT_DELAY_US=delay_us)

    def command(self, *words):
        layer = dict(self.layer, POWERCUT_CONTROL=self.control) if words[0] == "server" else self.layer
        return ["env", *("%s=%s" % pair for pair in layer.items()), *super().command(*words)]

    def cut_after(self, changes):
        self.control.with_suffix(".new").write_text("%d\n" % changes)
        self.control.with_suffix(".new").rename(self.control)

    def start_or_be_cut(self):
        """True: it is up; False: the cut came first."""
        try:
            self.start()
            return True
        except AssertionError:
            if self.process.wait(10) != -signal.SIGKILL:
                raise
            return False

    def power_off(self, mood):
        """After the server's death: everything else dies too, and the disk is what is left of it. Gives the number of changes."""
        died = self.process.wait(30)
        assert died == -signal.SIGKILL, "the server ended by itself (%d):\n%s" % (died, self.log.read_text()[-3000:])
        known = self.known_instances()

        def instances_are_gone():
            left = [pid for pid, _, line in all_processes() if any(i in line for i in known)]
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not left

        wait_until("every instance's end", instances_are_gone, 30)
        self.control.unlink(missing_ok=True)
        changes = self.disk.read_journal()
        unseen = self.disk.unseen(lambda path: path.name.endswith("-shm") or "instances" in path.parts)
        assert unseen == [], "the layer has not seen all%s: %s" % ("" if self.disk.was_cut else " (the server was killed, not cut)", unseen)
        self.disk.cut(mood, self.chance)
        return changes


def cut_the_power(server, ledger, number, jobs=0):
    """One round: load until the cut, then everything is looked at. Gives (what is wrong, how it was)."""
    problems, acknowledged, how = [], 0, ""
    is_up = True
    if number > 0 and server.chance.random() < 0.15:  # cut while it recovers from the cut before
        server.kill()
        mood = server.chance.choice(MOODS)
        server.power_off(mood)
        server.cut_after(server.chance.randint(1, RECOVERY_CHANGES))
        is_up = server.start_or_be_cut()
        how = ", after one that kept " + mood + (" and recovery" if is_up else " and a cut within recovery")
    if is_up:
        server.cut_after(int(10 ** server.chance.uniform(0.7, 3.5)))
        answer = ledger.ask(do="load", seconds=LOAD_SECONDS, jobs=jobs)
        acknowledged = answer["acknowledged"]
        problems += answer["problems"]
    mood = server.chance.choice(MOODS)
    changes = server.power_off(mood)
    server.start()
    problems += ledger.ask(do="check")["problems"] + inconsistencies(server)
    return problems, "cut %d: %d changes, %d acknowledged, kept %s%s" % (number, changes, acknowledged, mood, how)
