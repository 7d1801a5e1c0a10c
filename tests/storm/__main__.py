"""A storm of bad requests: `python -m tests.storm --requests 1000000 [--seed N]` against a centre that it starts.

Strangers, enrolled tills gone bad, a till that was shut out, visitors of the pages, and what is no HTTP at all. Told
are the answers and how much memory the process has gained. Exit 1 for any 5xx, for a request that was not answered, for
anybody who got in, for memory that grew by more than 64 MB after the first tenth, and for a centre that does not fold
any more.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from sync.central import database
from tests.helpers import postgres
from tests.helpers.served import serving
from tests.storm import GAIN_MOST_MB, rage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        postgres.running() as server,
        tempfile.TemporaryDirectory() as folder,
        serving(server.database(), snapshots=Path(folder)) as served,
    ):
        told = rage(served, options.requests, options.seed, print)
        served.fold()
        health = served.client.get("/healthz")
        (known,) = database.row(served.link, "SELECT count(*) FROM till")
        size, kept = database.row(served.link, "SELECT pg_database_size(current_database()), count(*) FROM fact")
    for (who, status), count in sorted(told.statuses.items()):
        print(f"{who:<10} {status:>4} {count:>9}")
    print("\n".join(told.wrong))
    print(f"{told.by_status()}; {len(told.wrong)} wrong; {known} tills; {told.gained_mb:.0f} MB gained; {health.text}")
    print(f"{kept} facts kept in {size / 2**20:.0f} MB of database")
    return int(bool(told.wrong) or known != 4 or told.gained_mb > GAIN_MOST_MB or health.status_code != 200)


if __name__ == "__main__":
    sys.exit(main())
