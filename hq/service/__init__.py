"""Head office's flow: each desk answers one kind of caller, each answer is one transaction."""

from hq.service.accounts import AccountDesk, Passwords
from hq.service.catalogue import CatalogueDesk
from hq.service.exports import ExportDesk
from hq.service.feed import FeedDesk
from hq.service.imports import ImportDesk
from hq.service.keyring import KeyringDesk
from hq.service.members import MemberDesk
from hq.service.nearby import NearbyDesk
from hq.service.office import Office
from hq.service.once import OnceDesk
from hq.service.overview import OverviewDesk
from hq.service.phones import PhoneDesk
from hq.service.pictures import PictureDesk
from hq.service.registry import RegistryDesk
from hq.service.retention import RetentionDesk
from hq.service.snapshots import SnapshotDesk
from hq.service.stores import StoreDesk


class HeadOffice:
    """`stores`, `feed`, `snapshots`, `nearby` serve Pis, `members` and `phones` shoppers, the others people here."""

    def __init__(self, office: Office, passwords: Passwords) -> None:
        self.office = office
        self.accounts = AccountDesk(office, passwords)
        self.keyring = KeyringDesk(office)
        self.overview = OverviewDesk(office)
        self.once = OnceDesk(office)
        self.stores = StoreDesk(office)
        self.feed = FeedDesk(office)
        self.snapshots = SnapshotDesk(office)
        self.nearby = NearbyDesk(office)
        self.members = MemberDesk(office)
        self.phones = PhoneDesk(office, self.members)
        self.registry = RegistryDesk(office)
        self.retention = RetentionDesk(office)
        self.exports = ExportDesk(office)
        self.pictures = PictureDesk(office)
        self.catalogue = CatalogueDesk(office)
        self.imports = ImportDesk(office, self.members, self.registry, self.pictures)
