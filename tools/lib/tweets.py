#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes Tweets.csv for the tutorial from the source archive of PyPI's vaderSentiment 0.5.

    tweets.py ARCHIVE.zip Tweets.csv

4,200 real tweets, each rated by ten people (Hutto & Gilbert, ICWSM 2014; MIT licence). The columns
are those of the tutorial's own airline tweets. A mean rating beyond half a point is an opinion.
"""

import csv
import html
import io
import os
import sys
import tarfile
import zipfile

RATINGS = "hutto_ICWSM_2014/tweets_GroundTruth.txt"
ARCHIVE = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"


def sentiment(rating: float) -> str:
    if rating > 0.5:
        return "positive"
    return "negative" if rating < -0.5 else "neutral"


def read_rows(archive: str):
    with zipfile.ZipFile(archive) as outer:
        with tarfile.open(fileobj=io.BytesIO(outer.read(ARCHIVE)), mode="r:gz") as inner:
            text = inner.extractfile(RATINGS).read().decode("utf-8", errors="replace")
    for line in text.splitlines():
        tweet_id, rating, tweet = line.split("\t", 2)
        yield tweet_id, sentiment(float(rating)), html.unescape(tweet)


def main() -> int:
    if len(sys.argv) != 3:
        sys.stderr.write(__doc__)
        return 2
    making = sys.argv[2] + ".making"
    with open(making, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["tweet_id", "airline_sentiment", "text"])
        writer.writerows(read_rows(sys.argv[1]))
    os.replace(making, sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
