"""Head office's flow: each desk answers one kind of caller, each answer is one transaction."""

from hq.service.members import MemberDesk
from hq.service.office import Office
from hq.service.phones import PhoneDesk
from hq.service.registry import RegistryDesk
from hq.service.stores import StoreDesk


class HeadOffice:
    """`stores` for the Pis, `members` and `phones` for shoppers, `registry` for the people at head office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.stores = StoreDesk(office)
        self.members = MemberDesk(office)
        self.phones = PhoneDesk(office, self.members)
        self.registry = RegistryDesk(office)
