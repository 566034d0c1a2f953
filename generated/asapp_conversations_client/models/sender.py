# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.sender_role import SenderRole

T = TypeVar("T", bound="Sender")


@_attrs_define(kw_only=True)
class Sender:
    """Information about the participant who sent the message.

    Attributes:
        role (SenderRole): The role of the participant in the conversation.
        external_id (str): The unique identifier for the participant in your external system. This should be consistent
            across all interactions for the same individual.
    """

    role: SenderRole
    external_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        role = self.role.value

        external_id = self.external_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "role": role,
                "externalId": external_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        role = SenderRole(d.pop("role"))

        external_id = d.pop("externalId")

        sender = cls(
            role=role,
            external_id=external_id,
        )

        sender.additional_properties = d
        return sender

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
