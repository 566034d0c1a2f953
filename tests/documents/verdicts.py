"""What each change of `changes.py` means for the version of the next release."""

from __future__ import annotations

from changes import FIELDS
from verdict import Verdict

BY_VERDICT = {
    Verdict.NONE: {
        "nothing",
        "bearer_instead_of_keys",
        "keys_one_by_one",
        "references_everywhere",
        "schemes_renamed",
        "sender_by_all_of",
        "server_sets_the_message_id",
    },
    Verdict.PATCH: {
        "body_of_text",
        "list_in_one_piece",
        "media_type_with_parameters",
        "named_components",
        "object_in_query",
        "operation_on_another_host",
        "path_parameter_renamed",
    },
    Verdict.MINOR: {
        *(f"optional_{name}" for name in FIELDS),
        "bearer_beside_keys",
        "bodies_of_every_kind",
        "body_property_added",
        "bounds_of_3_0",
        "cookies_asked_for",
        "earlier_time_listed_last",
        "error_details",
        "error_named_description",
        "error_property_added",
        "higher_limit",
        "many_operations",
        "message_of_parts",
        "names_are_taken",
        "no_limit",
        "no_minimum",
        "no_security",
        "operation_parameter_wins",
        "optional_parameters",
        "read_and_written",
        "role_added",
        "security_per_operation",
        "tree_elsewhere",
        "version_3_1",
    },
    Verdict.MAJOR: {
        "accepted",
        "another_id_pattern",
        "answer_is_a_list",
        "answer_with_fields",
        "any_success",
        "at_least_two",
        "created",
        "error_code_removed",
        "error_id_optional",
        "error_id_renamed",
        "error_property_required",
        "error_ranges",
        "errors_in_html",
        "errors_without_bodies",
        "headers_renamed",
        "id_without_pattern",
        "key_in_cookie",
        "key_in_query",
        "list_renamed",
        "longest_text",
        "lower_limit",
        "no_conflict",
        "no_content",
        "no_server",
        "one_error_is_different",
        "one_more_key",
        "operation_renamed",
        "operation_without_id",
        "path_prefix",
        "relative_server",
        "required_device",
        "required_language",
        "required_turn",
        "role_is_constant",
        "role_removed",
        "sender_field_required",
        "sender_format",
        "server_per_path",
        "server_with_variables",
        "several_servers",
        "statuses_added_and_removed",
        "tag_renamed",
        "vendor_media_type",
    },
}

VERDICTS = {name: verdict for verdict, names in BY_VERDICT.items() for name in names}
"""By the name of a change that must work: the verdict on it."""

IN_PYTHON_ALONE = {
    # Whoever makes one of these objects needs one more argument.
    "answer_with_fields": Verdict.MINOR,
    "error_property_required": Verdict.MINOR,
    # The part that a message refers to is a class that can be imported.
    "message_of_parts": Verdict.NONE,
    # The functions return one class more.
    "one_error_is_different": Verdict.MINOR,
}
"""The changes that the API's own terms are milder about, and their verdict there."""
