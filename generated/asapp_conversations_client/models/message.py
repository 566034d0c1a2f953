# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.sender import Sender


T = TypeVar("T", bound="Message")


@_attrs_define(kw_only=True)
class Message:
    """Represents a single message within a conversation.

    Example:
        {'text': 'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'agent', 'externalId':
            123}, 'timestamp': '2021-11-23T12:13:14.555Z'}

    Attributes:
        text (str): The content of the message.
        sender (Sender): Information about the participant who sent the message.
        timestamp (datetime.datetime): The time when the message was sent. Include the timezone, otherwise UTC will be
            assumed.
    """

    text: str
    sender: Sender
    timestamp: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        sender = self.sender.to_dict()

        timestamp = self.timestamp.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text": text,
                "sender": sender,
                "timestamp": timestamp,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.sender import Sender

        d = dict(src_dict)
        text = d.pop("text")

        sender = Sender.from_dict(d.pop("sender"))

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        message = cls(
            text=text,
            sender=sender,
            timestamp=timestamp,
        )

        message.additional_properties = d
        return message

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
