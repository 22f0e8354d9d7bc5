"""Who a connection belongs to."""

from __future__ import annotations

from threading import Thread

import pytest

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


def test_what_is_in_use_is_closed_when_it_is_not_any_more() -> None:
    kept: PerThread[_Thing] = PerThread()
    busy, idle = _Thing(), _Thing()
    kept.keep(busy)
    thread = Thread(target=kept.keep, args=(idle,))
    thread.start()
    thread.join()

    with kept.in_use(busy):
        kept.close()
        while_in_use = busy.closed, idle.closed

    assert while_in_use == (False, True)
    assert busy.closed
    assert kept.mine() is None


def test_what_was_in_use_before_is_closed_at_once_and_only_once() -> None:
    kept: PerThread[_Thing] = PerThread()
    thing = _Thing()
    kept.keep(thing)
    with kept.in_use(thing):
        pass

    kept.close()

    assert thing.closed
    thing.closed = False
    with kept.in_use(thing):
        pass
    assert not thing.closed


def test_it_is_closed_late_though_its_use_failed() -> None:
    kept: PerThread[_Thing] = PerThread()
    thing = _Thing()
    kept.keep(thing)

    with pytest.raises(RuntimeError):
        _closed_and_failing(kept, thing)

    assert thing.closed


def _closed_and_failing(kept: PerThread[_Thing], thing: _Thing) -> None:
    with kept.in_use(thing):
        kept.close()
        raise RuntimeError
