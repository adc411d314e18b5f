"""The replica of the core tests and the one in cache.db keep one contract; then what only a file has to."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from edge.adapters import remnants
from edge.adapters.cache_sqlite import Cache
from edge.core.bodies import Kept, found_by
from edge.core.floor import Replica
from edge.core.replica import Plan, Revoked
from tests.contract.replica_suite import Put, ReplicaContract
from tests.core.newer import NEWER, newer
from tests.core.pages import HUB_KEYS, packed
from tests.core.store import ANNA, BEN, FILE_KEY, NOW, Memory, catalogue, profile, receipt, replica
from wire.page import digest, sum8
from wire.profile import Profile
from wire.sync import PhoneCommand, Revocation

# One of the chances with which pages are split so that a copy stays behind.
LEAVING = 4


class TestMemory(ReplicaContract):
    @pytest.fixture
    def replica(self) -> Memory:
        return replica()

    @pytest.fixture
    def put(self, replica: Replica) -> Put:
        assert isinstance(replica, Memory)
        return lambda body: replica.profiles.update({body.member_ref: body})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


@pytest.fixture
def cache(path: Path) -> Iterator[Cache]:
    opened = Cache(path, FILE_KEY)
    opened.trust(HUB_KEYS)
    yield opened
    opened.close()


def put_profile(cache: Cache, body: Profile, rev: int = 1) -> None:
    row = Kept(rev, packed(body), *found_by(body))
    cache.apply(Plan({("profile", body.member_ref): row}), "e.1.x", 0, NOW)


def withdraw(cache: Cache, seq: int = 5) -> None:
    revocation = Revocation(seq=seq, member_ref=ANNA, kind="withdraw", at=NOW)
    cache.apply(Plan({("profile", ANNA): Kept(1)}, {ANNA: Revoked(revocation, 1)}), "e.2.x", seq, NOW)


def decrypted(path: Path) -> bytes:
    return b"".join(remnants.pages(path, FILE_KEY))


class TestCache(ReplicaContract):
    @pytest.fixture
    def replica(self, cache: Cache) -> Replica:
        stock = Memory().stock()
        products = {("product", key): Kept(1, packed(body)) for key, body in catalogue().items()}
        counted = {("stock", key): Kept(1, packed(body)) for key, body in stock.items()}
        cache.apply(Plan({**products, **counted}), "e.1.x", 0, NOW)  # type: ignore[dict-item] # literals widened
        return cache

    @pytest.fixture
    def put(self, cache: Cache) -> Put:
        return lambda body: put_profile(cache, body)


def test_rows_and_cursor_outlive_the_process(cache: Cache, path: Path) -> None:
    put_profile(cache, profile())
    cache.close()
    again = Cache(path, FILE_KEY)
    assert again.cursor()[1:] == ("e.1.x", 0)
    assert again.profile(ANNA) == profile()
    again.close()


def test_a_transaction_that_fails_changes_neither_rows_nor_cursor(cache: Cache) -> None:
    broken = Plan({("profile", ANNA): Kept(1, packed(profile())), ("profile", "x"): Kept(None, None)})  # type: ignore[arg-type]
    broken.rows[("command", "c")] = object()  # type: ignore[index]
    with pytest.raises(Exception):  # noqa: B017 - whichever it is
        cache.apply(broken, "e.9.x", 9, NOW)
    assert cache.cursor()[1:] == ("", 0)
    assert cache.profile(ANNA) is None


def test_nothing_in_the_files_can_be_read_without_their_key(cache: Cache, path: Path) -> None:
    put_profile(cache, profile(loyalty_number="918273645546"))
    on_disk = b"".join(one.read_bytes() for one in path.parent.glob("cache.db*"))
    assert b"918273645546" in decrypted(path)
    assert not any(readable in on_disk for readable in (b"918273645546", b"SQLite format 3", ANNA.encode()))


def test_after_a_withdrawal_the_files_hold_neither_number_nor_key(cache: Cache, path: Path) -> None:
    put_profile(cache, profile(loyalty_number="918273645546"))
    cache.put_day_keys({1: {ANNA: "5a" * 16}}, 0)
    assert b"918273645546" in decrypted(path)
    withdraw(cache)
    assert b"918273645546" not in decrypted(path)
    assert b"\x5a" * 16 not in decrypted(path)
    assert cache.without_day_key(1, [ANNA]) == [ANNA]
    assert list(cache.day_keys({1})) == []


def crowded(cache: Cache, chance: Random) -> dict[str, bytes]:
    """Member -> stored body, of a file whose pages were split and split again: rows come and grow in no order."""
    bodies: dict[str, bytes] = {}
    put = "INSERT INTO record (kind, key, rev, body) VALUES ('profile', ?, 1, ?)"
    put += " ON CONFLICT DO UPDATE SET body = excluded.body"
    for _ in range(10):
        fresh = [f"{chance.getrandbits(128):032x}" for _ in range(200)]
        grown = [*fresh, *chance.sample(list(bodies), len(bodies) // 5)]
        changed = {member: chance.randbytes(chance.randrange(300, 900)) for member in grown}
        bodies |= changed
        with cache._writer.atomic() as db:
            db.conn.executemany(put, changed.items())
    return bodies


def test_no_piece_of_a_profile_is_left_where_pages_were_split(cache: Cache, path: Path) -> None:
    """SQLite's own secure_delete leaves some here."""
    chance = Random(LEAVING)
    bodies = crowded(cache, chance)
    gone = chance.sample(list(bodies), 20)
    erasures = {one: Revoked(Revocation(seq=n, member_ref=one, kind="erase", at=NOW), 1) for n, one in enumerate(gone)}
    cache.apply(Plan({("profile", one): Kept(1) for one in gone}, erasures), "e.2.x", 9, NOW)
    assert any(piece in decrypted(path) for one in gone for piece in remnants.pieces(bodies[one]))
    cache.scrub()
    after = decrypted(path)
    assert not any(piece in after for one in gone for piece in remnants.pieces(bodies[one]))
    assert all(bodies[one] in after for one in set(bodies) - set(gone) if len(bodies[one]) < 400)


def test_a_card_is_found_while_a_snapshot_is_under_way_and_after_it(cache: Cache, path: Path) -> None:
    """Its index is made once, at the end, and is there again in a file that was left in between."""

    def is_indexed() -> bool:
        return bool(cache._writer.execute("SELECT 1 FROM sqlite_master WHERE name = 'found_loyalty'").fetchall())

    for number, (member, after) in enumerate(((ANNA, "profile:5"), (BEN, ""))):
        row = Kept(1, packed(profile(member)), *found_by(profile(member, loyalty_number=f"4711{number}")))
        cache.apply(Plan({("profile", member): row}), "e.1.x", 0, NOW, after=after)
        assert cache.member_by_loyalty(f"4711{number}") == member
        assert is_indexed() != bool(after)
    cache.apply(Plan(), "e.1.x", 0, NOW, after="profile:6")
    cache.close()
    cache = Cache(path, FILE_KEY)
    assert is_indexed()
    cache.close()


def test_profiles_of_all_lengths_come_back_from_one_transaction(cache: Cache) -> None:
    members = [f"{number:032x}" for number in range(300)]
    bodies = {one: profile(one, name="Ü" * (number % 120)) for number, one in enumerate(members)}
    rows = {("profile", one): Kept(7, packed(body), *found_by(body)) for one, body in bodies.items()}
    rows["profile", members[3]] = Kept(9)
    cache.apply(Plan(rows), "e.1.x", 0, NOW)  # type: ignore[arg-type] # literals widened
    keys = [("profile", one) for one in members]
    assert cache.revs(keys) == {key: 9 if key[1] == members[3] else 7 for key in keys}  # type: ignore[arg-type]
    cache.trust(HUB_KEYS)
    assert {one: cache.profile(one) for one in members} == {**bodies, members[3]: None}
    whole = [("profile", one) for one in members if one != members[3]]
    assert cache.digest_between("profile", "", "") == (
        299, digest((7, sum8(one, rows["profile", one].body or b"")) for _, one in whole),
    )  # fmt: skip


def test_a_name_in_free_space_is_looked_for_too(cache: Cache, path: Path) -> None:
    put_profile(cache, profile(name="Annegret Unverwechselbar"))
    trace = next(one for one in cache._traces_of(ANNA) if b"unverwechselbar" in one)
    assert trace in decrypted(path)
    assert remnants.found(path, FILE_KEY, [trace])
    withdraw(cache)
    assert trace in cache._traces
    cache.scrub()
    assert b"unverwechselbar" not in decrypted(path)


def test_a_crowd_that_leaves_at_once_is_not_looked_for_one_by_one(cache: Cache, path: Path) -> None:
    bodies = crowded(cache, Random(LEAVING))
    gone = {one: Revoked(Revocation(seq=n, member_ref=one, kind="erase", at=NOW), 1) for n, one in enumerate(bodies)}
    before = path.stat().st_ino
    cache.apply(Plan({("profile", one): Kept(1) for one in gone}, gone), "e.2.x", 9, NOW)
    cache.scrub()
    assert path.stat().st_ino != before


def test_what_an_earlier_run_did_not_look_for_is_gone_after_the_next_start(cache: Cache, path: Path) -> None:
    put_profile(cache, profile())
    withdraw(cache)
    before = path.stat().st_ino
    cache.close()
    again = Cache(path, FILE_KEY)
    assert path.stat().st_ino != before
    assert [one.seq for one in again.unconfirmed()] == [5]
    again.close()


def test_an_applied_withdrawal_waits_until_its_receipt_is_out(cache: Cache) -> None:
    withdraw(cache)
    assert [one.seq for one in cache.unconfirmed()] == [5]
    cache.confirm(cache.unconfirmed()[0])
    assert cache.unconfirmed() == ()


def test_starting_over_forgets_everything_but_withdrawals(cache: Cache) -> None:
    put_profile(cache, profile("b" * 32))
    withdraw(cache)
    cache.start_over("e2")
    assert cache.cursor() == ("e2", "", 0)
    assert cache.profile("b" * 32) is None
    assert cache.revoked([ANNA]).keys() == {ANNA}


def test_commands_are_kept_until_they_run_out(cache: Cache) -> None:
    command = PhoneCommand(command_id="c1", member_ref=ANNA, kind="help", at=NOW, expires_at=NOW + 60)
    cache.apply(Plan({("command", "c1"): Kept(1, packed(command), until=command.expires_at)}), "e.1.x", 0, NOW)
    assert cache.commands(NOW) == (command,)
    assert cache.commands(NOW + 61) == ()


def test_when_the_lease_ends_members_go_and_articles_stay(cache: Cache) -> None:
    cache.apply(Plan({("product", "coat-0"): Kept(1, packed(catalogue()["coat-0"]))}), "e.1.x", 0, NOW)
    put_profile(cache, profile())
    cache.forget_members()
    assert cache.profile(ANNA) is None
    assert set(cache.products()) == {"coat-0"}
    assert cache.cursor()[1:] == ("", 0)


def test_keys_of_days_gone_by_go(cache: Cache) -> None:
    cache.put_day_keys({1: {ANNA: "01" * 16}, 2: {ANNA: "02" * 16}}, 0)
    cache.put_day_keys({3: {ANNA: "03" * 16}}, 2)
    assert [day for _, day, _ in cache.day_keys({1, 2, 3})] == [2, 3]


def test_keys_of_some_members_leave_those_of_others_as_they_are(cache: Cache) -> None:
    a, b, c, d = (f"{number:032x}" for number in range(4))
    cache.put_day_keys({1: {a: "0a" * 16, b: "0b" * 16, c: "0c" * 16, d: "0d" * 16}}, 0)
    cache.put_day_keys({1: {c: "1c" * 16}}, 0, after=a, upto=c)
    assert {member: key.hex()[:2] for member, _, key in cache.day_keys({1})} == {a: "0a", c: "1c", d: "0d"}


def test_keys_that_are_here_already_are_not_written_again(cache: Cache, path: Path) -> None:
    """Of nine days' keys eight came yesterday: a card would wear out with the same."""
    keys = {f"{number:032x}": "0b" * 16 for number in range(2_000)}
    cache.put_day_keys(dict.fromkeys(range(9), keys), 0)
    log = path.with_name("cache.db-wal")
    before = log.stat().st_size
    cache.put_day_keys(dict.fromkeys(range(9), keys), 0)
    assert log.stat().st_size == before


def test_keys_of_the_days_asked_for_come_all_and_once(cache: Cache) -> None:
    keys = {f"{number:032x}": "0b" * 16 for number in range(10_001)}
    cache.put_day_keys({1: keys, 2: keys, 3: keys}, 0)
    rows = [(member, day) for member, day, _ in cache.day_keys({1, 3})]
    assert rows == [(member, day) for day in (1, 3) for member in keys]


@pytest.mark.parametrize("damage", [b"not a database at all" * 400, b"SQLite format 3\x00" + bytes(9000)])
def test_a_broken_cache_is_thrown_away_and_begun_anew(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    cache = Cache(path, FILE_KEY)
    assert cache.was_rebuilt
    cache.trust(HUB_KEYS)
    assert cache.cursor() == ("", "", 0)
    put_profile(cache, profile())
    assert cache.profile(ANNA) == profile()
    cache.close()


def damage(path: Path, chance: Random) -> None:
    """512 bytes at a random place, as a dying card does."""
    octets = bytearray(path.read_bytes())
    at = chance.randrange(len(octets) - 512)
    octets[at : at + 512] = chance.randbytes(512)
    path.write_bytes(octets)


def test_damage_anywhere_is_found_and_a_wrong_profile_is_never_shown(tmp_path: Path) -> None:
    whole, chance = tmp_path / "whole.db", Random(5)
    cache = Cache(whole, FILE_KEY)
    crowded(cache, chance)
    put_profile(cache, profile())
    cache.close()
    for number in range(40):
        hurt = tmp_path / f"{number}.db"
        hurt.write_bytes(whole.read_bytes())
        damage(hurt, chance)
        cache = Cache(hurt, FILE_KEY)
        assert cache.was_rebuilt
        assert cache.profile(ANNA) is None
        cache.trust(HUB_KEYS)
        put_profile(cache, profile())
        assert cache.profile(ANNA) == profile()
        cache.close()


def test_damage_under_a_running_store_hides_the_member_and_asks_for_a_new_file(cache: Cache, path: Path) -> None:
    crowded(cache, Random(5))
    put_profile(cache, profile())
    cache.close()
    again = Cache(path, FILE_KEY)
    octets = bytearray(path.read_bytes())
    for at in range(4096, len(octets) - 512, 4096):
        octets[at + 100 : at + 612] = bytes(512)
    path.write_bytes(octets)
    again._reader.execute("PRAGMA shrink_memory")  # pages read at the start are in memory still
    assert again.profile(ANNA) is None
    was_broken = again.is_broken
    again.rebuild()
    assert (was_broken, again.is_broken) == (True, False)
    again.trust(HUB_KEYS)
    put_profile(again, profile())
    assert again.profile(ANNA) == profile()
    again.close()


def test_a_replica_without_its_key_is_empty_until_it_is_given(cache: Cache, path: Path) -> None:
    put_profile(cache, profile())
    cache.close()
    shut = Cache(path, None)
    assert (shut.is_locked, shut.profile(ANNA), shut.as_of()) == (True, None, 0.0)
    shut.unlock(FILE_KEY)
    assert (shut.is_locked, shut.profile(ANNA), shut.was_rebuilt) == (False, profile(), False)
    shut.close()


def test_a_key_that_does_not_fit_opens_an_empty_replica(cache: Cache, path: Path) -> None:
    put_profile(cache, profile())
    cache.close()
    other = Cache(path, bytes(32))
    assert (other.was_rebuilt, other.profile(ANNA)) == (True, None)
    other.close()


def test_a_cache_of_another_version_is_begun_anew(cache: Cache, path: Path) -> None:
    put_profile(cache, profile())
    cache._writer.execute("UPDATE meta SET v = '0' WHERE k = 'schema'")
    cache._writer.conn.commit()
    cache.close()
    again = Cache(path, FILE_KEY)
    assert (again.was_rebuilt, again.profile(ANNA)) == (True, None)
    again.close()


def test_only_the_services_own_user_may_read_it(cache: Cache, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_a_profile_that_head_office_did_not_sign_is_not_shown_and_is_doubted(cache: Cache) -> None:
    unsigned = receipt(ANNA).model_copy(update={"expires_at": int(NOW) + 10**9})
    put_profile(cache, profile(consent=unsigned))
    assert cache.profile(ANNA) is None
    assert cache.take_doubted() == {ANNA}
    assert cache.take_doubted() == frozenset()


def test_a_forged_profile_does_not_take_over_somebodys_card(cache: Cache) -> None:
    unsigned = receipt(ANNA).model_copy(update={"expires_at": int(NOW) + 10**9})
    put_profile(cache, profile(ANNA, consent=unsigned, loyalty_number="4711"))
    put_profile(cache, profile(BEN, loyalty_number="4711"))
    assert cache.member_by_loyalty("4711") == BEN


def test_whom_head_offices_keys_no_longer_prove_is_not_shown(cache: Cache) -> None:
    put_profile(cache, profile())
    assert cache.profile(ANNA) == profile()
    cache.trust({"k1": "0b" * 32})
    assert cache.profile(ANNA) is None


def test_keys_and_dictionaries_outlive_the_process(cache: Cache, path: Path) -> None:
    cache.learn({NEWER: newer()})
    put_profile(cache, profile())
    cache.close()
    again = Cache(path, FILE_KEY)
    assert again.profile(ANNA) == profile()
    assert NEWER in again.dictionaries().ids
    again.close()


def test_what_is_disowned_is_as_if_it_had_never_come(cache: Cache) -> None:
    put_profile(cache, profile(), rev=10**6)
    cache.disown([ANNA])
    assert cache.revs([("profile", ANNA)]) == {}


def test_revisions_are_found_of_what_is_here_and_of_tombstones(cache: Cache) -> None:
    put_profile(cache, profile(), rev=7)
    withdraw(cache)
    put_profile(cache, profile(BEN), rev=3)
    assert cache.revs([("profile", BEN), ("profile", ANNA), ("profile", "0" * 32), ("product", BEN)]) == {
        ("profile", ANNA): 1,
        ("profile", BEN): 3,
    }


def test_a_digest_is_of_what_really_lies_in_the_file(cache: Cache) -> None:
    for member in (ANNA, BEN, "c" * 32):
        put_profile(cache, profile(member), rev=2)
    right = [(2, sum8(member, packed(profile(member)))) for member in (ANNA, BEN)]
    assert cache.digest_between("profile", "", BEN) == (2, digest(right))
    assert cache.digest_between("profile", BEN, "")[0] == 1
    cache._writer.execute("UPDATE record SET body = ? WHERE key = ?", [packed(profile(ANNA, alias="x")), ANNA])
    assert cache.digest_between("profile", "", BEN) != (2, digest(right))
    assert cache.keys_between("profile", ANNA, "") == {BEN, "c" * 32}


def test_a_snapshot_that_is_under_way_is_remembered_with_its_rows(cache: Cache) -> None:
    cache.apply(Plan({("profile", ANNA): Kept(1, packed(profile()))}), "e.5.", 2, NOW, after=f"profile:{ANNA}")
    assert (cache.cursor()[1:], cache.snapshot_after()) == (("e.5.", 2), f"profile:{ANNA}")
    cache.apply(Plan(), "e.5.", 2, NOW)
    assert cache.snapshot_after() == ""
