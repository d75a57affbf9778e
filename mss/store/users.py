# SPDX-License-Identifier: GPL-2.0-or-later
"""Users in the database."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from mss.model.user import User
from mss.model.user_rules import USER_FIELDS, InvalidUser, check_user, parse_user_field
from mss.store import schema
from mss.store.database import Database
from mss.store.errors import InvalidRows, UserExists, UserNotFound

#: As many numbers are asked for in one statement; SQLite takes no more than 32766 parameters.
_CHUNK: Final = 1000
_MOST_FAULTS: Final = 20
_ADDRESSES: Final = list(USER_FIELDS).index("ip_addresses")


class Imported(NamedTuple):
    """What an import did: the numbers that are new, changed, and as they were."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


class UserRepository:
    """The users.  Every change is checked by ``mss.model.user_rules`` and is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[User]:
        """Return all users by number."""
        with self._database.reading() as connection:
            return _fetch(connection, select(schema.users).order_by(schema.users.c.number))

    def get(self, number: str) -> User:
        """Return one user.  Raises UserNotFound."""
        with self._database.reading() as connection:
            return _get(connection, number)

    def get_many(self, numbers: Iterable[str]) -> dict[str, User]:
        """Return those of the users that exist, by number."""
        wanted = list(dict.fromkeys(numbers))
        found: dict[str, User] = {}
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start:start + _CHUNK]
                for user in _fetch(connection, select(schema.users).where(schema.users.c.number.in_(chunk))):
                    found[user.number] = user
        return found

    def add(self, user: User) -> User:
        """Add a user.  Raises InvalidUser, UserExists."""
        check_user(user)
        with self._database.writing() as connection:
            if _find(connection, user.number) is not None:
                raise UserExists(f"user {user.number} exists already", f"change it by: mss user set {user.number}")
            _check_addresses(connection, [user])
            connection.execute(insert(schema.users), _values_of(user))
        return user

    def set(self, number: str, changes: Mapping[str, object]) -> User:
        """Change fields of a user and return it.  Raises InvalidUser, UserNotFound.

        The values have the types of the fields; texts are turned into them by ``parse_user_field``.
        """
        for name in changes:
            if name not in USER_FIELDS or name == "number":
                raise InvalidUser(number, name, "cannot be changed", "delete the user and add another")
        with self._database.writing() as connection:
            user = dataclasses.replace(_get(connection, number), ha1={}, **dict[str, Any](changes))
            check_user(user)
            _check_addresses(connection, [user])
            connection.execute(update(schema.users).where(schema.users.c.number == number), _values_of(user))
        return user

    def delete(self, number: str) -> None:
        """Delete a user with its registrations; its call records stay.  Raises UserNotFound."""
        with self._database.writing() as connection:
            _get(connection, number)
            connection.execute(delete(schema.users).where(schema.users.c.number == number))
            connection.execute(delete(schema.bindings).where(schema.bindings.c.aor == number))

    def import_rows(self, rows: Iterable[Mapping[str, str | None]]) -> Imported:
        """Add or change users from texts by field name, as a CSV file with a header gives them; all or none.

        Fields that a row does not have stay as they are.  Raises InvalidRows, which counts lines as in a file
        whose first line is the header.
        """
        with self._database.writing() as connection:
            stored = {user.number: user for user in _fetch(connection, select(schema.users))}
            wanted = _merge(rows, stored)
            changed = [user for number, user in wanted.items() if stored.get(number) != user]
            _check_addresses(connection, [user for user in changed if user.ip_addresses])
            if changed:
                connection.exec_driver_sql(
                    self._database.upsert_sql(schema.users), [tuple(_values_of(user).values()) for user in changed]
                )
        added = tuple(user.number for user in changed if user.number not in stored)
        old = tuple(user.number for user in changed if user.number in stored)
        return Imported(added, old, len(wanted) - len(changed))


def _merge(rows: Iterable[Mapping[str, str | None]], stored: Mapping[str, User]) -> dict[str, User]:
    """Return the users that the rows make of the stored ones.  Raises InvalidRows."""
    wanted: dict[str, User] = {}
    faults: list[tuple[int, InvalidUser]] = []
    for line, row in enumerate(rows, 2):
        number = (row.get("number") or "").strip()
        try:
            if number in wanted:
                raise InvalidUser(number, "number", "stands in the file twice", "remove one of the lines")
            fields: dict[str, Any] = {
                name: parse_user_field(number, name, text) for name, text in row.items() if text is not None
            }
            fields["number"] = number
            user = dataclasses.replace(stored.get(number, User(number)), ha1={}, **fields)
            check_user(user)
        except InvalidUser as fault:
            faults.append((line, fault))
            if len(faults) >= _MOST_FAULTS:
                break
        else:
            wanted[number] = user
    if faults:
        raise InvalidRows(faults)
    return wanted


def _check_addresses(connection: Connection, users: Iterable[User]) -> None:
    """Raise InvalidUser if an address belongs to two users: a request from it could not be told apart."""
    mine = {address: user.number for user in reversed(list(users)) for address in user.ip_addresses}
    if not mine:
        return
    changed = {user.number for user in users}
    others = select(schema.users.c.number, schema.users.c.ip_addresses).where(schema.users.c.ip_addresses != "")
    for number, addresses in connection.execute(others):
        for address in addresses.split():
            if number not in changed and address in mine:
                raise _shared(mine[address], address, number)
    for user in users:
        for address in user.ip_addresses:
            if mine[address] != user.number:
                raise _shared(user.number, address, mine[address])


def _shared(number: str, address: str, other: str) -> InvalidUser:
    return InvalidUser(number, "ip_addresses", f"has {address}, which belongs to user {other}", "use each address once")


def _find(connection: Connection, number: str) -> User | None:
    found = _fetch(connection, select(schema.users).where(schema.users.c.number == number))
    return found[0] if found else None


def _get(connection: Connection, number: str) -> User:
    user = _find(connection, number)
    if user is None:
        raise UserNotFound(f"there is no user {number}", "list them by: mss user list")
    return user


def _fetch(connection: Connection, statement: Select[Any]) -> list[User]:
    return [_user_of(row) for row in connection.execute(statement)]


def _user_of(row: Row[Any]) -> User:
    values = list(row)
    values[_ADDRESSES] = tuple(values[_ADDRESSES].split())
    return User(*values)


def _values_of(user: User) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(user, name) for name in USER_FIELDS}
    values["ip_addresses"] = " ".join(user.ip_addresses)
    return values
