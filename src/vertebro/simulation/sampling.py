"""Repeats a simulation with inputs drawn at random: the same for any order, number of workers and restart.

Plain random sampling, on purpose. A Latin hypercube would need the number of samples beforehand, ties
the samples together so that no exact interval of a proportion holds, and gains little where one input is
a random field of thousands of numbers. Plain samples can be stopped, gone on with and added to. Two plans
run with the same seed meet the same draws, so their difference is known far better than either of them.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vertebro.errors import HouseFault, NotConverged
from vertebro.kernels import proportions
from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.resources import processors
from vertebro.simulation.journal import Journal, Result, as_plain
from vertebro.vocabulary.known import Unknown


@dataclass(frozen=True)
class Draw:
    """One sample's random numbers: an independent stream for every input, by its name.

    A stream depends on the seed, the sample's number and the name alone: an input that is drawn more
    often, or is new, changes none of the others.
    """

    seed: int
    number: int

    def stream(self, name: str) -> np.random.Generator:
        """The generator of one input; asked twice it begins anew."""
        key = (self.number, zlib.crc32(name.encode()))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


Task = Callable[[Draw], Mapping[str, Any]]
"""One run of the simulation: gives plain JSON data. Its kernels should use one thread each."""
Tell = Callable[[int, int], None]
"""Is told how many samples are done, and of how many."""


@dataclass(frozen=True)
class Sampling:
    """How many samples from which seed; ``settings`` hold everything else that decides a result.

    With a ``journal`` finished samples survive an interruption, and a larger ``n`` adds to them.
    """

    n: int
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    journal: Path | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.n < 1 or self.seed < 0 or (self.workers is not None and self.workers < 1):
            raise HouseFault("Sampling needs at least one sample, one worker and a seed of 0 or more.")


def run_samples(task: Task, sampling: Sampling, tell: Tell | None = None) -> tuple[Result, ...]:
    """The results by sample number; a sample that did not converge is ``Unknown`` and says why.

    Samples run in threads, one a processor: the kernels leave the interpreter free, and the patient is
    held in memory once. Any other error ends the run; what was finished stays in the journal.
    """
    results: dict[int, Result] = {}
    with ExitStack() as stack:
        journal = None
        if sampling.journal is not None:
            journal = Journal(sampling.journal, sampling.seed, sampling.settings)
            results |= stack.enter_context(journal.opened())
        missing = [k for k in range(sampling.n) if k not in results]
        done = sampling.n - len(missing)
        for number, result in _finished(task, sampling, missing):
            results[number] = result
            done += 1
            if journal is not None:
                journal.note(number, result)
            if tell is not None:
                tell(done, sampling.n)
    return tuple(results[k] for k in range(sampling.n))


def _finished(task: Task, sampling: Sampling, numbers: Sequence[int]) -> Iterable[tuple[int, Result]]:
    """Samples as they are finished; few are waiting at a time, so that an error or a key stops the run."""
    workers = sampling.workers or processors()
    with ThreadPoolExecutor(workers, thread_name_prefix="sample") as pool:
        waiting: dict[Future[Result], int] = {}
        left = iter(numbers)
        try:
            while True:
                while len(waiting) < workers and (number := next(left, None)) is not None:
                    waiting[pool.submit(_one, task, Draw(sampling.seed, number))] = number
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one(task: Task, draw: Draw) -> Result:
    try:
        return as_plain(task(draw))
    except NotConverged as fault:
        return Unknown(fault.found)


@dataclass(frozen=True)
class Share:
    """In how many samples something happened, and the exact interval of its probability.

    Samples that gave no answer widen the interval: the lower end takes them for *no*, the upper for *yes*.
    """

    events: int
    unknown: int
    of: int
    low: float
    high: float

    @classmethod
    def of_answers(cls, answers: Sequence[bool | Unknown], level: float = 0.95) -> Share:
        """The share of *yes* among answers, with Clopper and Pearson's interval at this level."""
        unknown = sum(isinstance(a, Unknown) for a in answers)
        events, n = sum(a is True for a in answers), len(answers)
        low = proportions.exact(events, n, level)[0]
        return cls(events, unknown, n, low, proportions.exact(events + unknown, n, level)[1])

    @property
    def probability(self) -> float | Unknown:
        """Yes among the samples that gave an answer."""
        if self.unknown == self.of:
            return Unknown("none of the samples gave an answer")
        return self.events / (self.of - self.unknown)


def convergence(answers: Sequence[bool | Unknown], points: int = 20) -> tuple[Share, ...]:
    """The share after more and more samples, in the order of their numbers: shows if there were enough."""
    counts = np.unique(np.ceil(np.geomspace(1, len(answers), points)).astype(int))
    return tuple(Share.of_answers(answers[:n]) for n in counts)


@dataclass(frozen=True)
class Quantity:
    """A quantity over the samples: its median with an exact interval, and where the middle 90 % lie."""

    median: float
    median_low: float
    median_high: float
    p5: float
    p95: float
    of: int

    @classmethod
    def of_values(cls, values: Sequence[float], level: float = 0.95) -> Quantity | Unknown:
        """From the samples that gave a value. The interval of the median assumes no distribution."""
        if not len(values):
            return Unknown("no sample gave a value")
        ordered = np.sort(np.asarray(values, dtype=float))
        low, high = _median_ranks(len(ordered), level)
        p5, median, p95 = np.percentile(ordered, [5, 50, 95])
        ends = float(ordered[low]), float(ordered[high])
        return cls(float(median), *ends, float(p5), float(p95), len(ordered))


def _median_ranks(n: int, level: float) -> tuple[int, int]:
    """Ranks between which the median lies with at least this probability (the extremes if n is small)."""
    from scipy.stats import binom

    low = max(0, int(binom.ppf((1 - level) / 2, n, 0.5)) - 1)
    return low, n - 1 - low


def content_key(*arrays: AnyArray) -> str:
    """A short name of arrays by their content, to tell in ``settings`` which patient was simulated."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]
