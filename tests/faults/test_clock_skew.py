# SPDX-License-Identifier: Apache-2.0
"""Clocks that are wrong: a client's, which is told so; the server's, set back while a job runs; an instance's beside it."""

import subprocess

import pytest

from faults.small_jobs import end_of, lines_of, start
from harness import Server, wait_until

# Shifts the wall clock of the program it is preloaded into by the seconds that a file holds at the moment.
CLOCK = r"""
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym((void *)-1L, "clock_gettime");
  int result = real(id, at);
  const char *path = getenv("CLOCK_SHIFT");
  if (id != CLOCK_REALTIME || !path) return result;
  int fd = open(path, O_RDONLY);
  char text[32] = {0};
  if (fd >= 0 && read(fd, text, sizeof text - 1) > 0) at->tv_sec += atol(text);
  if (fd >= 0) close(fd);
  return result;
}
"""

SKEWED = """
import boto3, botocore.auth, datetime, json, sys
from botocore.exceptions import ClientError
class Wrong(datetime.datetime):
    @classmethod
    def utcnow(cls): return datetime.datetime.utcnow() + datetime.timedelta(minutes=int(sys.argv[1]))  # what botocore signs with
class Module: datetime = Wrong
botocore.auth.datetime = Module
def words(name, call):
    try: getattr(boto3.client(name), call)(); return "accepted"
    except ClientError as error: return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
print(json.dumps([words("s3", "list_buckets"), words("sagemaker", "list_training_jobs")]))
"""


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_client_whose_clock_is_wrong_is_told_so(server, minutes):
    s3, sagemaker = server.answer(SKEWED, minutes)

    assert s3[0] == "RequestTimeTooSkewed", s3
    assert sagemaker[0] == "InvalidSignatureException" and "Signature" in sagemaker[1], sagemaker
    assert server.answer(SKEWED, minutes // 2) == ["accepted", "accepted"]


class ShiftedServer(Server):
    def __init__(self, folder):
        super().__init__(folder)
        self.shift = folder / "shift"
        self.shift.write_text("0")
        library = folder / "clock.so"
        subprocess.run(["cc", "-x", "c", "-", "-O2", "-shared", "-fPIC", "-o", str(library), "-ldl"], input=CLOCK.encode(), check=True)
        self.preload = ["env", "LD_PRELOAD=%s" % library, "CLOCK_SHIFT=%s" % self.shift]

    def command(self, *words):
        return [*self.preload, *super().command(*words)]


SLOW = """
import time
for i in range(100):
    print("line %03d" % i, flush=True)
    time.sleep(0.05)
"""


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_jobs_steps_and_lines_stay_in_order_when_the_clock_is_set(folder, seconds):
    server = ShiftedServer(folder)
    server.start()
    try:
        start(server, "early", SLOW)
        wait_until("lines", lambda: "line 010" in server.run(LINES_OR_NOTHING, "early", check=False).text, 60)
        server.shift.write_text(str(seconds))  # the agent goes on by the machine's own clock

        job = end_of(server, "early", wait_until)
        assert job["status"] == "Completed", job
        assert all(begin <= end for begin, end in job["times"]), job
        assert all(one[1] <= other[0] for one, other in zip(job["times"], job["times"][1:])), job
        assert [line for line in lines_of(server, "early") if line.startswith("line ")] == ["line %03d" % i for i in range(100)]
        start(server, "late", "print('still working')")
        assert end_of(server, "late", wait_until)["status"] == "Completed"
    finally:
        server.stop()
    assert server.leftovers() == []


LINES_OR_NOTHING = """
import boto3, sys
for event in boto3.client("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=sys.argv[1] + "/")["events"]:
    print(event["message"])
"""
