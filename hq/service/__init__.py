"""Head office's flow: each desk answers one kind of caller, each answer is one transaction."""

from hq.service.imports import ImportDesk
from hq.service.members import MemberDesk
from hq.service.office import Office
from hq.service.phones import PhoneDesk
from hq.service.registry import RegistryDesk
from hq.service.retention import RetentionDesk
from hq.service.stores import StoreDesk


class HeadOffice:
    """`stores` serves the Pis, `members` and `phones` the shoppers, `registry` and `imports` the people here.

    `retention` serves those who are no longer there.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stores = StoreDesk(office)
        self.members = MemberDesk(office)
        self.phones = PhoneDesk(office, self.members)
        self.registry = RegistryDesk(office)
        self.retention = RetentionDesk(office)
        self.imports = ImportDesk(office, self.members, self.registry)
