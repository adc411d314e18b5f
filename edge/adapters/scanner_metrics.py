"""The scanners as Prometheus reads them."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from edge.adapters.radio_bluez import ScannerStatus


def scanner_metrics(scanners: Mapping[str, ScannerStatus]) -> Iterator[GaugeMetricFamily]:
    """What `regulars doctor` reads (edge.adapters.symptoms)."""
    rates = {
        "reports": "Advertisements it reports, over ten seconds.",
        "members": "Reports of members, at most two a second of each.",
        "members_expected": "What the members who are here offer at the very least.",
    }
    families = [
        GaugeMetricFamily(f"regulars_scanner_{name}_per_second", text, labels=["scanner"])
        for name, text in rates.items()
    ]
    health = GaugeMetricFamily("regulars_scanner_health", "1 for the state it is in.", labels=["scanner", "health"])
    fault = GaugeMetricFamily("regulars_scanner_fault", "1 while it has one.", labels=["scanner", "fault"])
    for scanner, status in scanners.items():
        seen = (status.reports_per_s, status.members_per_s, status.expected_per_s)
        for family, value in zip(families, seen, strict=True):
            family.add_metric([scanner], value)
        health.add_metric([scanner, status.health], 1)
        if status.fault:
            fault.add_metric([scanner, status.fault], 1)
    yield from (*families, health, fault)
