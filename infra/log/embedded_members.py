"""Members of a group on the embedded log: all in this process, so a listing is always the truth."""

from __future__ import annotations

from infra.log.ports import Member


class EmbeddedMembership:
    exact = True

    def __init__(self, members: dict[str, Member], member: Member) -> None:
        self._members = members
        self._member = member
        members[member.id] = member

    async def listed(self) -> list[Member]:
        return list(self._members.values())

    async def close(self) -> None:
        if self._members.get(self._member.id) is self._member:  # else it has joined again since
            del self._members[self._member.id]
