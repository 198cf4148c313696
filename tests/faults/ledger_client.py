# SPDX-License-Identifier: Apache-2.0
"""Drives tests/faults/ledger.py, the client that remembers what the server said, and looks where no client can."""

import json
import sqlite3
import subprocess
from pathlib import Path

from harness import CLIENT_PYTHON, wait_until

HERE = Path(__file__).parent


class LedgerClient:
    """tests/faults/ledger.py in its own process; follows the server by its address, which stays."""

    def __init__(self, server, seed):
        self.process = subprocess.Popen([str(CLIENT_PYTHON), "-W", "ignore", str(HERE / "ledger.py"), str(seed)], env=server.env(),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=str(server.folder))

    def ask(self, **order):
        self.process.stdin.write((json.dumps(order) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the ledger has died"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def ended_jobs(ledger, where, server):
    """Every job the ledger knows, once all have ended."""
    jobs = {}

    def ended():
        jobs.update(ledger.ask(do="jobs")["jobs"])
        return all(job["status"] not in ("InProgress", "Stopping") for job in jobs.values())

    try:
        wait_until("every job's end", ended, 120, pause=1)
    except AssertionError as error:
        raise AssertionError("%s, %s: %s\n%s" % (error, where, jobs, server.log.read_text()[-4000:]))
    return jobs


def inconsistencies(server):
    """What is wrong inside: broken databases, blobs without record, records without blob."""
    problems = []
    for path in sorted(server.data.rglob("*.db")):
        with_database(path, lambda database: problems.extend(
            "%s: %s" % (path.name, row[0]) for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"))
    index = server.data / "objects" / "index.db"
    recorded = set()
    with_database(index, lambda database: recorded.update(row[0] for row in database.execute("SELECT blob FROM contents WHERE blob IS NOT NULL")))
    files = {path.name for path in (server.data / "objects" / "blobs").glob("??/*")}
    problems += ["blob without record: " + name for name in files - recorded]
    problems += ["record without blob: " + name for name in recorded - files]
    problems += ["left in tmp: " + path.name for path in (server.data / "objects" / "blobs" / "tmp").glob("*")]
    return problems


def records_of(server, kind):
    """Names of the records of that kind."""
    names = []
    with_database(server.data / "records.db", lambda database: names.extend(
        row[0] for row in database.execute("SELECT name FROM records WHERE kind = ?", (kind,))))
    return names


def with_database(path, look):
    database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        look(database)
    finally:
        database.close()
