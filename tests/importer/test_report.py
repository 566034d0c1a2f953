"""Progress over time."""

from __future__ import annotations

from asapp_conversations_importer.report import MOST_SAMPLES, Sample, Samples


def test_samples_are_bounded_and_even() -> None:
    """However long a run is, its samples are few, at even distances, the first among them."""
    samples = Samples()
    for second in range(10 * MOST_SAMPLES):
        samples.add(Sample(float(second), second, {}))
    assert MOST_SAMPLES // 2 <= len(samples.kept) < MOST_SAMPLES
    steps = {b.at - a.at for a, b in zip(samples.kept, samples.kept[1:], strict=False)}
    assert samples.kept[0].at == 0
    assert len(steps) == 1
