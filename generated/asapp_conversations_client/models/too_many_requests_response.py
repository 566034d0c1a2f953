# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.too_many_requests_details import TooManyRequestsDetails


T = TypeVar("T", bound="TooManyRequestsResponse")


@_attrs_define
class TooManyRequestsResponse:
    """Too Many Requests response

    Attributes:
        error (TooManyRequestsDetails | Unset): Error details Example: {'requestId':
            '8e033668-9f1a-11ec-b909-0242ac120002', 'code': '429-01', 'message': 'Too Many Requests'}.
    """

    error: TooManyRequestsDetails | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        error: dict[str, Any] | Unset = UNSET
        if not isinstance(self.error, Unset):
            error = self.error.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if error is not UNSET:
            field_dict["error"] = error

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.too_many_requests_details import TooManyRequestsDetails

        d = dict(src_dict)
        _error = d.pop("error", UNSET)
        error: TooManyRequestsDetails | Unset
        if isinstance(_error, Unset):
            error = UNSET
        else:
            error = TooManyRequestsDetails.from_dict(_error)

        too_many_requests_response = cls(
            error=error,
        )

        too_many_requests_response.additional_properties = d
        return too_many_requests_response

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
