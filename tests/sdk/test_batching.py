"""How messages are cut into requests, whatever their sizes."""

from __future__ import annotations

from asapp_conversations.batching import (
    body_size,
    cut_batch,
    halved_body_size,
    make_batch,
)
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from hypothesis import given
from hypothesis import strategies as st


def cut_all(contents: list[bytes], max_body_bytes: int = 10**9) -> tuple[list[int], int]:
    """The sizes of all batches, and how many messages are left that none can hold."""
    sizes, sent, start = [], set(), 0
    while batch := cut_batch(contents, start, max_body_bytes=max_body_bytes, sent=sent):
        sizes.append(batch.count)
        sent.add(batch.digest)
        start += batch.count
    return sizes, len(contents) - start


@given(
    lengths=st.lists(st.integers(min_value=40, max_value=2_000), max_size=1_000),
    budget=st.integers(2_100, 60_000),
)
def test_each_batch_is_as_full_as_it_can_be(lengths: list[int], budget: int) -> None:
    """All messages, in order, none over a limit, and the next one would not have fitted."""
    contents = [b"%d %s" % (i, b"x" * length) for i, length in enumerate(lengths)]
    sizes, left = cut_all(contents, budget)
    assert (sum(sizes), left) == (len(contents), 0)
    start = 0
    for size in sizes:
        stop = start + size
        body = make_batch(contents[start:stop]).body
        assert len(body) == body_size(map(len, contents[start:stop])) <= budget
        larger = body_size(map(len, contents[start : stop + 1]))
        assert size == MOST or stop == len(contents) or larger > budget
        start = stop


@given(count=st.integers(0, 2_000))
def test_different_messages_take_the_least_requests(count: int) -> None:
    """Without a byte limit, n messages are ceil(n / maximum) requests."""
    sizes, _ = cut_all([b"%d" % i for i in range(count)])
    assert len(sizes) == -(-count // MOST)


def test_equal_messages_go_in_batches_that_differ() -> None:
    """Twice the maximum of equal messages are one full batch, one that is shorter, and the rest."""
    assert cut_all([b"1"] * 2 * MOST) == ([MOST, MOST - 1, 1], 0)


@given(count=st.integers(0, MOST * (MOST + 1) // 2))
def test_equal_messages_are_cut_as_long_as_it_is_possible(count: int) -> None:
    """As many equal messages as there are sizes to tell batches apart all find a batch."""
    sizes, left = cut_all([b"1"] * count)
    assert left == 0
    assert len(set(sizes)) == len(sizes)


def test_equal_messages_beyond_that_find_no_batch() -> None:
    """One more than there are sizes for is left, and not taken for stored."""
    assert cut_all([b"1"] * (MOST * (MOST + 1) // 2 + 1))[1] == 1


@given(letters=st.text("ab", max_size=60), longest=st.integers(1, 4))
def test_no_two_batches_are_equal(letters: str, longest: int) -> None:
    """However messages repeat, batches differ, and what is left repeats a batch whole."""
    contents = [letter.encode() for letter in letters]
    budget = body_size([1] * longest)
    sizes, left = cut_all(contents, budget)
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    batches = [letters[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    assert len(set(batches)) == len(batches)
    rest = letters[len(letters) - left :]
    assert all(rest[:size] in batches for size in range(1, min(longest, left) + 1))


def test_a_message_too_large_is_a_batch_by_itself() -> None:
    """A message that fits no body is cut alone, for whoever cuts to refuse."""
    assert cut_all([b"1", b"x" * 100, b"2"], body_size([1])) == ([1, 1, 1], 0)


@given(sizes=st.lists(st.integers(1, 500), min_size=2, max_size=50))
def test_halving_makes_both_halves_fit(sizes: list[int]) -> None:
    """The body size after a 413 holds each half, and not the whole."""
    half = halved_body_size(sizes)
    middle = (len(sizes) + 1) // 2
    assert max(body_size(sizes[:middle]), body_size(sizes[middle:])) == half < body_size(sizes)
