"""The head office of the sync tests keeps the contract of the real one (tests/flow/test_hq_client.py)."""

import pytest

from tests.contract.fake_hq import Office
from tests.contract.hq_suite import HqContract, Publish


class TestFakeHq(HqContract):
    @pytest.fixture
    def office(self) -> Office:
        return Office()

    @pytest.fixture
    def publish(self, office: Office) -> Publish:
        return office.put_products
