import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from infra.log.offsets import decode_offset, encode_offset, format_offset, parse_offset
from infra.log.routing import java_string_hash, partition_of

VECTORS = json.loads((Path(__file__).parent / "java_string_hash.json").read_text())


def test_keys_are_routed_as_java_routes_them() -> None:
    for vector in VECTORS:
        assert java_string_hash(vector["key"]) == vector["hash"], vector
        assert partition_of(vector["key"], 16) == vector["partition_of_16"], vector


MessageId = tuple[int, int, int]
ids = st.tuples(st.integers(0, 2**60), st.integers(0, 2**40 - 1), st.integers(-1, 2**20))


@given(ids)
def test_an_offset_gives_its_message_id_back_and_is_never_zero(identifier: MessageId) -> None:
    offset = encode_offset(*identifier)
    assert offset > 0
    assert decode_offset(offset) == identifier
    assert parse_offset(format_offset(offset)) == offset


@given(ids, ids)
def test_offsets_compare_as_their_message_ids_and_as_text(one: MessageId, other: MessageId) -> None:
    first, second = encode_offset(*one), encode_offset(*other)
    assert (first < second) == (one < other)
    assert (format_offset(first) < format_offset(second)) == (first < second)
