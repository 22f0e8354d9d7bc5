"""Who a connection belongs to."""

from __future__ import annotations

from threading import Thread

from ipo_ledger.adapters.store.threads import PerThread


class _Thing:
    closed = False

    def close(self) -> None:
        self.closed = True


def test_what_belongs_to_a_thread_is_its_own() -> None:
    kept: PerThread[_Thing] = PerThread()
    mine, seen = _Thing(), []
    kept.keep(mine)

    thread = Thread(target=lambda: seen.append(kept.mine()))
    thread.start()
    thread.join()

    assert kept.mine() is mine
    assert seen == [None]


def test_what_belonged_to_ended_threads_is_closed_when_the_next_comes() -> None:
    kept: PerThread[_Thing] = PerThread()
    left, mine = _Thing(), _Thing()
    thread = Thread(target=kept.keep, args=(left,))
    thread.start()
    thread.join()

    kept.keep(mine)

    assert left.closed
    assert not mine.closed


def test_all_is_closed_at_the_end_and_one_can_begin_anew() -> None:
    kept: PerThread[_Thing] = PerThread()
    first, second = _Thing(), _Thing()
    kept.keep(first)

    kept.close()
    kept.keep(second)
    kept.drop()
    kept.drop()

    assert first.closed
    assert second.closed
    assert kept.mine() is None
