import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.transparency import merkle
from tests.unit.transparency import naive_tree

# The eight leaves, roots and proofs of the Certificate Transparency reference implementation.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
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
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"


def nodes_of(leaves: list[bytes]):
    def node(height: int, index: int) -> bytes:
        part = leaves[index << height : (index + 1) << height]
        assert len(part) == 1 << height, "only complete subtrees may be asked for"
        return naive_tree.tree_hash(part)

    return node


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root_of(hashes).hex() == ROOTS[size]


def test_the_published_proofs_come_out() -> None:
    def hexed(proof: list[bytes]) -> list[str]:
        return [sibling.hex() for sibling in proof]

    assert hexed(merkle.inclusion_proof(0, 8, nodes_of(LEAVES))) == [A, B, C]
    assert hexed(merkle.inclusion_proof(5, 8, nodes_of(LEAVES)))[1:] == [E, ROOTS[4]]
    assert hexed(merkle.consistency_proof(1, 8, nodes_of(LEAVES))) == [A, B, C]
    assert hexed(merkle.consistency_proof(6, 8, nodes_of(LEAVES))) == [D, E, ROOTS[4]]
    assert hexed(merkle.consistency_proof(2, 5, nodes_of(LEAVES[:5]))) == [B, F]


leaves = st.builds(lambda n, salt: [salt + bytes([i]) for i in range(n)], st.integers(1, 70), st.binary(max_size=4))


@settings(deadline=None)
@given(leaves, st.data())
def test_proofs_are_those_of_the_recursive_definition_and_verify(hashes: list[bytes], data: st.DataObject) -> None:
    size, root = len(hashes), naive_tree.tree_hash(hashes)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof = merkle.inclusion_proof(index, size, nodes_of(hashes))
    assert proof == naive_tree.path(index, hashes)
    assert naive_tree.root_from_inclusion(index, size, merkle.leaf_hash(hashes[index]), proof) == root
    extension = merkle.consistency_proof(first, size, nodes_of(hashes))
    assert extension == (naive_tree.proof(first, hashes) if first < size else [])
    assert merkle.is_consistent(first, naive_tree.tree_hash(hashes[:first]), size, root, extension)


@settings(deadline=None)
@given(leaves, st.data())
def test_no_changed_proof_verifies(hashes: list[bytes], data: st.DataObject) -> None:
    size, root = len(hashes), naive_tree.tree_hash(hashes)
    first = data.draw(st.integers(1, size))
    proof, old = merkle.consistency_proof(first, size, nodes_of(hashes)), naive_tree.tree_hash(hashes[:first])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        for wrong in (bent, proof[:-1], [*proof, proof[0]]):
            assert not merkle.is_consistent(first, old, size, root, wrong)
    assert not merkle.is_consistent(first, bytes(32), size, root, proof)
    assert not merkle.is_consistent(first, old, size, bytes(32), proof)


@settings(deadline=None)
@given(leaves, st.data())
def test_no_changed_inclusion_leads_to_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    size, root = len(hashes), naive_tree.tree_hash(hashes)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, nodes_of(hashes))
    tries = [(index, b"other leaf", proof), (index, hashes[index], proof[:-1]), (index, hashes[index], [*proof, root])]
    if other != index:
        tries.append((other, hashes[index], proof))
    for at, leaf, wrong in tries:
        if (at, leaf, wrong) == (index, hashes[index], proof):
            continue
        try:
            assert naive_tree.root_from_inclusion(at, size, merkle.leaf_hash(leaf), wrong) != root
        except ValueError:
            continue


@settings(deadline=None)
@given(leaves, st.data())
def test_an_edge_read_back_grows_like_one_that_was_never_lost(hashes: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(hashes)))
    edge = merkle.Frontier.at(size, nodes_of(hashes))
    for leaf in hashes[size:]:
        edge.append(merkle.leaf_hash(leaf))
    assert edge.root() == naive_tree.tree_hash(hashes)


def test_impossible_questions_are_refused() -> None:
    for ask in (
        lambda: merkle.inclusion_proof(8, 8, nodes_of(LEAVES)),
        lambda: merkle.consistency_proof(9, 8, nodes_of(LEAVES)),
        lambda: naive_tree.root_from_inclusion(3, 2, b"", []),
        lambda: merkle.Frontier(3, [b""]),
    ):
        with pytest.raises(ValueError):
            ask()
