"""Three tills, their links, the centre and its PostgreSQL, killed and cut off: nothing is lost, nothing doubled.

A short share; `make kill-centre MINUTES=10` goes on for longer, with another chance each time.
"""

from tests.helpers.killed_centre import Cluster

SECONDS = 20


def test_all_are_of_one_mind_after_they_were_killed() -> None:
    with Cluster("a share") as cluster:
        cluster.harm(SECONDS)
        cluster.settle()
        cluster.check()
        assert cluster.figures["facts"] > cluster.figures["Enrolled"]
