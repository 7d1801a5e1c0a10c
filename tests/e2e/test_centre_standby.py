"""A second PostgreSQL takes the place of the first, which is killed in the middle of the day."""

from tests.helpers.killed_centre import Cluster

SOME = 100


def test_a_synchronous_standby_has_all_that_was_acknowledged() -> None:
    with Cluster("synchronous") as cluster:
        cluster.add_standby(synchronous=True)
        cluster.wait_for_facts(SOME)
        assert cluster.fail_over() == 0
        cluster.wait_for_facts(SOME)
        cluster.settle()
        cluster.check()


def test_what_an_asynchronous_standby_lacks_is_offered_again_by_the_tills() -> None:
    with Cluster("asynchronous") as cluster:
        cluster.add_standby(synchronous=False)
        cluster.wait_for_facts(SOME)
        cluster.cut_standby_off()
        cluster.wait_for_facts(SOME)
        assert cluster.fail_over() > 0
        cluster.settle()
        cluster.check(alarms={"restored"})
