"""What is kept by content: found again if and only if it was made from the same; bounded; not fooled."""

from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import HouseFault
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.simulation.memory import NOTHING_KEPT, Memory, size_of
from vertebro.vocabulary.grades import Quantity


class Colour(Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Thing:
    name: str
    field: Any


ARRAY = np.arange(12.0).reshape(3, 4)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(Colour),
    lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(plain, plain)
def test_two_contents_have_one_digest_only_if_they_are_the_same(one: object, other: object) -> None:
    memory = Memory()
    same = repr(one) == repr(other)  # 1 and True, 0.0 and -0.0 are equal but not the same
    assert (memory.digest((one,)) == memory.digest((other,))) is same


@pytest.mark.parametrize(
    "other",
    [
        Thing("a", ARRAY.T),
        Thing("a", ARRAY.astype(np.float32)),
        Thing("a", ARRAY.reshape(4, 3)),
        Thing("a", ARRAY + np.eye(3, 4) * 1e-12),
        Thing("b", ARRAY),
        Thing("a", ARRAY.tolist()),
        ("a", ARRAY),
    ],
)
def test_another_shape_kind_or_last_bit_is_another_content(other: object) -> None:
    memory = Memory()
    assert memory.digest(Thing("a", ARRAY)) == memory.digest(Thing("a", ARRAY.copy()))
    assert memory.digest(Thing("a", np.asfortranarray(ARRAY))) == memory.digest(Thing("a", ARRAY))
    assert memory.digest(other) != memory.digest(Thing("a", ARRAY))


def test_neighbouring_parts_do_not_run_into_each_other() -> None:
    memory = Memory()
    pairs = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), (("ab",), "c"), ("ab", ("c",))]
    assert len({memory.digest(pair) for pair in pairs}) == len(pairs)
    shown, hidden = {"a": 1, "b": 2}, MappingProxyType({"a": 1, "b": 2})
    assert memory.digest({"a": 1}) != memory.digest({"a": 2}) and shown == dict(hidden)


def test_of_a_set_every_part_counts_in_no_order() -> None:
    memory = Memory()
    assert memory.digest({"b", "a"}) == memory.digest({"a", "b"}) != memory.digest({"a", "c"})
    long = tuple(range(2000))
    assert memory.digest({long}) != memory.digest({(*long[:1000], -1, *long[1001:])})


def test_what_was_made_from_the_same_is_made_once() -> None:
    memory, calls = Memory(), []

    def make(n: float) -> Any:
        return memory.of(("double", np.array([n])), lambda: calls.append(n) or 2 * n)

    assert [make(1.0), make(2.0), make(1.0), make(2.0)] == [2.0, 4.0, 2.0, 4.0]
    assert calls == [1.0, 2.0] and (memory.made, memory.found) == (2, 2)


def test_a_failure_is_not_kept() -> None:
    memory = Memory()

    def fail() -> None:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            memory.of(("fails",), fail)
    assert memory.of(("fails",), lambda: 3) == 3


def test_the_longest_unused_goes_first_and_the_bound_holds() -> None:
    memory = Memory(most_bytes=3 * 8000 + 1000)
    for n in (1, 2, 3, 1, 4):  # 1 was used again before 4 came
        memory.of(("array", n), lambda: np.zeros(1000))
    assert memory.held_bytes <= memory.most_bytes
    made = memory.made
    memory.of(("array", 1), lambda: np.zeros(1000))
    assert memory.made == made
    memory.of(("array", 2), lambda: np.zeros(1000))
    assert memory.made == made + 1


def test_nothing_is_kept_or_digested_without_a_memory() -> None:
    assert [NOTHING_KEPT.of((object(),), lambda: 1) for _ in range(2)] == [1, 1]
    assert NOTHING_KEPT.made == 0


def test_what_has_no_content_is_refused_rather_than_taken_for_equal() -> None:
    methods = (Thing("a", 1).__repr__, Memory().digest)  # of whose object nothing could be told
    for value in (object(), lambda: 0, np.array([object()]), *methods):
        with pytest.raises(HouseFault):
            Memory().digest(value)


def test_a_view_counts_as_what_it_holds_in_memory() -> None:
    whole = np.zeros((1000, 10))
    assert size_of((whole, whole[:10])) == pytest.approx(whole.nbytes, abs=1000)
    assert size_of({"a": whole, "b": Thing("b", whole.copy())}) == pytest.approx(2 * whole.nbytes, abs=1000)


def test_of_a_case_the_images_count_and_the_record_does_not(small_patient: SyntheticPatient) -> None:
    case, memory = small_patient.case(), Memory()
    assert isinstance(case.ct, Volume)
    before = memory.digest(case)
    assert memory.digest(replace(case, id="somebody else", notes=("read",))) == before
    brighter = Volume(np.asarray(case.ct.values) + 1, case.ct.affine_mm, Quantity.HOUNSFIELD)
    assert memory.digest(replace(case, ct=brighter)) != before
    moved = case.ct.affine_mm.copy()
    moved[0, 3] += 1e-9
    assert memory.digest(replace(case, ct=Volume(case.ct.values, moved, Quantity.HOUNSFIELD))) != before
