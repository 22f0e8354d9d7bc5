"""The hash tree: the hashes that RFC 6962 defines, proofs of everything, and of nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pymerkle  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo_ledger.evidence import tree
from ipo_ledger.evidence.tree import Ask, Frontier

# The reference vectors of certificate-transparency: eight leaves, and the root of each size.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {  # leaf, size: proof
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {  # sizes: proof
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def grown(leaves: list[bytes], *, at_once: int = 1000) -> tuple[Frontier, Ask]:
    """Return the tree of these leaves and the nodes that a store would have kept, appended so many at once."""
    frontier, kept = Frontier(), {}
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    for start in range(0, len(hashes), at_once):
        frontier, nodes = frontier.grown(hashes[start : start + at_once])
        for level, index, value in nodes:
            assert (level, index) not in kept, "a node never changes"
            kept[level, index] = value
    return frontier, lambda level, index: kept[level, index]


@cache
def of_size(size: int) -> tuple[Frontier, Ask]:
    """Return the tree of so many different leaves."""
    return grown([b"leaf %d" % number for number in range(size)])


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference(size: int) -> None:
    frontier, node = grown(LEAVES[:size])

    assert frontier.root().hex() == ROOTS[size]
    assert tree.root_at(size, node).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference(leaf: int, size: int) -> None:
    _, node = grown(LEAVES)

    proof = tree.inclusion_proof(leaf, size, node)

    assert [step.hex() for step in proof] == INCLUSION[leaf, size]


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference(first: int, second: int) -> None:
    _, node = grown(LEAVES)

    proof = tree.consistency_proof(first, second, node)

    assert [step.hex() for step in proof] == CONSISTENCY[first, second]


@settings(max_examples=40)
@given(leaves=st.lists(st.binary(max_size=40), min_size=1, max_size=150), data=st.data())
def test_roots_and_proofs_are_those_of_another_implementation(leaves: list[bytes], data: st.DataObject) -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    theirs.append_entries(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))

    _, node = grown(leaves, at_once=data.draw(st.integers(1, 160)))

    assert tree.root_at(size, node) == theirs.get_root(size)
    their_leaf, *their_proof = theirs.prove_inclusion(index + 1, size).path
    assert tree.leaf_hash(leaves[index]) == their_leaf
    assert tree.inclusion_proof(index, size, node) == their_proof


@given(cuts=st.lists(st.integers(0, 90), max_size=8))
def test_how_many_leaves_are_appended_at_once_makes_no_difference(cuts: list[int]) -> None:
    hashes = [tree.leaf_hash(b"%d" % number) for number in range(sum(cuts))]
    at_once, nodes_at_once = Frontier().grown(hashes)

    frontier, nodes, start = Frontier(), [], 0
    for cut in cuts:
        frontier, new = frontier.grown(hashes[start : start + cut])
        nodes += new
        start += cut
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier

    assert frontier == at_once
    assert sorted(nodes) == sorted(nodes_at_once)


def test_the_nodes_of_an_append_are_those_that_become_complete() -> None:
    frontier, _ = grown(LEAVES[:5])

    after, nodes = frontier.grown([tree.leaf_hash(leaf) for leaf in LEAVES[5:7]])

    assert [node[:2] for node in nodes] == [(0, 5), (0, 6), (1, 2)]
    assert after.size == 7


def test_nothing_is_appended_by_no_leaves() -> None:
    frontier, _ = of_size(13)

    assert frontier.grown([]) == (frontier, [])


@pytest.mark.parametrize("size", range(70))
def test_a_frontier_is_made_again_from_the_nodes(size: int) -> None:
    _, node = of_size(70)

    assert Frontier.at(size, node) == of_size(size)[0]


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 7, b"\0" * 9, b"\0" * 7 + b"\1", b"\0" * 7 + b"\3" + b"\0" * 63, b"\0" * 40]
)
def test_other_bytes_are_no_frontier(data: bytes) -> None:
    with pytest.raises(ValueError, match="no frontier has"):
        Frontier.from_bytes(data)


def test_every_leaf_of_every_size_is_proven() -> None:
    _, node = of_size(200)
    for size in range(1, 201):
        root = tree.root_at(size, node)
        for index in range(size):
            proof = tree.inclusion_proof(index, size, node)

            assert tree.verify_inclusion(node(0, index), index, size, proof, root)


def test_every_size_is_proven_to_begin_every_later_one() -> None:
    _, node = of_size(70)
    roots = [tree.root_at(size, node) for size in range(71)]
    for second in range(71):
        for first in range(second + 1):
            proof = tree.consistency_proof(first, second, node)

            assert tree.verify_consistency(first, second, roots[first], roots[second], proof)


def mangled(proof: list[bytes]) -> list[list[bytes]]:
    """Return proofs that are not this one: longer, shorter, in another order, with a bit flipped."""
    other = sha256(b"other").digest()
    flipped = [
        [*proof[:place], bytes([step[0] ^ 1]) + step[1:], *proof[place + 1 :]] for place, step in enumerate(proof)
    ]
    wrong = [*flipped, [*proof, other], [other, *proof], proof[1:], proof[:-1], proof[::-1], [b"".join(proof)], [b""]]
    return [candidate for candidate in wrong if candidate != proof]


def test_a_wrong_inclusion_proof_is_no_proof() -> None:
    _, node = of_size(33)
    for size in range(1, 34):
        root = tree.root_at(size, node)
        for index in range(size):
            leaf, proof = node(0, index), tree.inclusion_proof(index, size, node)
            for wrong in mangled(proof):
                assert not tree.verify_inclusion(leaf, index, size, wrong, root)
            for elsewhere in (index - 1, index + 1, -1, size):
                assert elsewhere == index or not tree.verify_inclusion(leaf, elsewhere, size, proof, root)
            assert not tree.verify_inclusion(node(0, (index + 1) % 33), index, size, proof, root)
            assert not tree.verify_inclusion(leaf, index, size, proof, tree.root_at(size - 1, node))


def test_a_wrong_consistency_proof_is_no_proof() -> None:
    _, node = of_size(33)
    roots = [tree.root_at(size, node) for size in range(34)]
    for second in range(34):
        for first in range(second + 1):
            proof = tree.consistency_proof(first, second, node)
            old, new = roots[first], roots[second]
            for wrong in mangled(proof):
                assert not tree.verify_consistency(first, second, old, new, wrong)
            assert not tree.verify_consistency(first, second, sha256(b"other").digest(), new, proof)
            assert first == 0 or not tree.verify_consistency(first, second, old, sha256(b"other").digest(), proof)
            assert first == second or not tree.verify_consistency(second, first, new, old, proof)


def above(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def test_a_proof_that_leads_to_the_root_in_too_many_or_too_few_steps_is_no_proof() -> None:
    """Else one hash could be shown as the root of trees of several sizes."""
    one, other, third = (tree.leaf_hash(leaf) for leaf in LEAVES[:3])

    assert not tree.verify_inclusion(one, 0, 1, [other], above(other, one))
    assert not tree.verify_inclusion(one, 0, 1, [other], above(one, other))
    assert not tree.verify_inclusion(one, 0, 8, [other], above(one, other))
    assert not tree.verify_consistency(1, 8, one, above(one, other), [other])
    assert not tree.verify_consistency(1, 2, one, above(above(one, other), third), [other, third])
    old, new = (above(one, above(other, top)) for top in (third, above(third, other)))
    assert not tree.verify_consistency(3, 4, old, new, [third, other, other, one])
    assert not tree.verify_consistency(2, 4, one, above(one, other), [])
    assert not tree.verify_consistency(3, 4, one, other, [])


def test_a_rewritten_leaf_is_no_continuation() -> None:
    _, before = of_size(20)
    _, after = grown([b"leaf %d" % number if number != 7 else b"rewritten" for number in range(30)])

    proof = tree.consistency_proof(20, 30, after)

    assert not tree.verify_consistency(20, 30, tree.root_at(20, before), tree.root_at(30, after), proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    _, node = of_size(10)

    with pytest.raises(ValueError, match="is not among the first"):
        tree.inclusion_proof(index, size, node)


@pytest.mark.parametrize(("first", "second"), [(-1, 3), (4, 3)])
def test_a_larger_tree_does_not_begin_a_smaller_one(first: int, second: int) -> None:
    _, node = of_size(10)

    with pytest.raises(ValueError, match="does not begin with"):
        tree.consistency_proof(first, second, node)


@pytest.mark.parametrize(
    "prove",
    [
        lambda node: tree.root_at(1_000_001, node),
        lambda node: tree.inclusion_proof(654_321, 1_000_001, node),
        lambda node: tree.consistency_proof(654_321, 1_000_001, node),
        lambda node: Frontier.at(1_000_001, node),
    ],
)
def test_few_nodes_are_asked_for(prove: Callable[[Ask], object]) -> None:
    """A million leaves are twenty levels; nothing asks for a node twice, or for one that is not complete."""
    wanted = tree.asked(prove)

    assert 0 < len(wanted) <= 40
    assert all((index + 1) << level <= 1_000_001 for level, index in wanted)


def test_the_leaf_of_an_event_is_what_its_description_says() -> None:
    names = [name.encode() for name in ("Málaga", "BatchAbandoned", "ledger_writer")]
    numbers = struct.pack(">qqqIII", 7, 3, 1_772_445_600_123_456, *map(len, names))

    leaf = tree.leaf_bytes(7, "Málaga", 3, "BatchAbandoned", 1_772_445_600_123_456, "ledger_writer", b'{"schema":1}')

    assert leaf == b"ipo-ledger/event/v1\n" + numbers + b"".join(names) + b'{"schema":1}'
    assert leaf.hex() == (
        "69706f2d6c65646765722f6576656e742f76310a"  # ipo-ledger/event/v1
        "0000000000000007"
        "0000000000000003"
        "00064c07a6610a40"  # 2026-03-02T10:00:00.123456Z
        "000000070000000e0000000d"
        "4dc3a16c616761"  # Málaga
        "42617463684162616e646f6e6564"  # BatchAbandoned
        "6c65646765725f777269746572"  # ledger_writer
        "7b22736368656d61223a317d"
    )


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    WORDS,
    st.integers(0, 300),
    WORDS,
    st.integers(-1, 2**63 - 1),
    WORDS,
    st.binary(max_size=4),
)


@given(one=ROWS, other=ROWS)
def test_no_two_events_have_the_same_leaf(one: tree.Row, other: tree.Row) -> None:
    assert (tree.leaf_bytes(*one) == tree.leaf_bytes(*other)) == (one == other)


def test_a_character_that_moves_into_the_next_field_makes_another_leaf() -> None:
    leaves = {
        tree.leaf_bytes(1, *fields)
        for fields in [
            ("hq", 1, "A", 0, "", b"x"),
            ("h", 1, "qA", 0, "", b"x"),
            ("hqA", 1, "", 0, "", b"x"),
            ("hq", 1, "", 0, "A", b"x"),
            ("hq", 1, "", 0, "", b"Ax"),
        ]
    }

    assert len(leaves) == 5


def test_many_events_are_hashed_as_each_of_them_is() -> None:
    rows = [(n, "hq", n, "BatchAbandoned", n, "", b"{}") for n in range(1, 20)]

    assert tree.leaf_hashes(rows) == [tree.leaf_hash(tree.leaf_bytes(*row)) for row in rows]
