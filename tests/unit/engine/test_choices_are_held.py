"""Each choice where the documents are silent is held by a test, which fails when the choice is another."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from engine import choices

ROOT = Path(__file__).resolve().parents[3]
_CHOICES: Final = "tests/unit/engine/test_choices.py::"
_CODES: Final = "tests/unit/engine/test_otp.py::"
_PHONES: Final = "tests/unit/engine/test_phone_messages.py::"
_EVENTS: Final = "tests/unit/engine_work/test_event_choices.py::"
HELD_BY: Final = {
    "EMPTY_LIST_REMOVES_ATTRIBUTE": _CHOICES + "test_an_empty_list_removes_the_attribute",
    "EMPTY_ADDRESS_IS_NOT_SENT": _CHOICES + "test_an_empty_address_is_not_sent",
    "TWINS_SHARE_A_CHANNEL": _CHOICES + "test_twins_on_different_channels_are_both_active",
    "ANY_UPDATE_CLAIMS_THE_ADDRESS": _CHOICES + "test_an_update_without_an_address_takes_the_address_back",
    "INACTIVE_ON_REQUEST_IS_KEPT": _CHOICES + "test_inactive_on_request_is_kept_until_the_next_write",
    "NO_ADDRESS_ALWAYS_OPTS_OUT": _CHOICES + "test_without_an_address_even_opt_out_none_becomes_all",
    "NEW_USER_DROPS_FORMER_USER_ATTRIBUTES": _CHOICES
    + "test_a_new_user_does_not_get_the_former_users_attributes",
    "MAX_ID_BYTES": _CHOICES + "test_an_id_may_have_a_thousand_bytes",
    "BATCH_IS_ALL_OR_NOTHING": _CHOICES + "test_a_batch_with_one_item_that_breaks_a_rule_writes_nothing",
    "UNKNOWN_USER_IS_NOT_FOUND": _CHOICES + "test_an_unknown_user_is_not_found",
    "APP_EVENT_VERSION": "tests/unit/engine_work/test_stream.py::"
    "test_an_app_s_event_has_the_documented_shape",
    "CUSTOM_DELIVERY_TAKES_ITS_TYPES": _CHOICES
    + "test_a_custom_delivery_that_names_email_takes_it_from_the_campaigns_mail",
    "STATUS_AFTER_THE_DURATION": "tests/unit/engine_work/test_deliveries.py::"
    "test_what_is_not_sent_within_the_campaign_s_duration_expires",
    "VALUES_JOINED_BY": _CHOICES + "test_several_values_of_a_bare_path_are_joined_by_a_comma",
    "HTML_PARTS_ARE_ESCAPED": "tests/unit/engine_work/test_rendering.py::"
    "test_values_are_escaped_in_html_unless_the_template_says_otherwise",
    "OMITTED_IMPORT_FLAG": "tests/unit/engine/test_import_jobs.py::test_an_omitted_flag_counts_as_false",
    "WRITTEN_IS_ACCEPTED": "tests/unit/engine_work/test_accepted_work.py::"
    "test_a_plan_that_cannot_be_sent_at_once_does_not_fail_the_request_and_comes_later",
    "NAIVE_EVENT_TIME_IS_UTC": "tests/unit/engine/test_events.py::test_a_timestamp_without_an_offset_is_utc",
    "SUBSTITUTIONS_OUTRANK_THE_ENDPOINT": "tests/unit/engine/test_messages.py::"
    "test_the_recipients_substitutions_win_over_the_messages_and_those_over_the_endpoint",
    "ORIGINATION_NUMBER_OUTRANKS_SENDER_ID": _PHONES + "test_a_text_message_goes_out_as_its_request_says",
    "SPEAK_MEANS_SSML": _PHONES + "test_a_script_in_a_speak_element_is_ssml_whose_values_are_escaped",
    "LANGUAGE_CHOOSES_THE_VOICE": _PHONES
    + "test_a_call_speaks_with_the_voice_or_in_the_language_that_was_asked_for",
    "UNTOLD_LINES_ARE_MOBILE": "tests/unit/engine/test_phone_numbers.py::"
    "test_a_number_that_may_be_either_counts_as_mobile",
    "OTP_CODE_LENGTH": _CODES + "test_a_code_has_six_digits_unless_the_request_says_otherwise",
    "OTP_MINUTES": _CODES + "test_a_code_is_good_for_fifteen_minutes_unless_the_request_says_otherwise",
    "OTP_ATTEMPTS": _CODES + "test_a_code_may_be_tried_three_times_unless_the_request_says_otherwise",
    "OTP_LANGUAGE": _CODES + "test_a_code_is_sent_in_english_unless_the_request_says_otherwise",
    "USERS_MESSAGES_HONOUR_OPT_OUT": "tests/unit/engine/test_users_messages.py::"
    "test_an_endpoint_that_opted_out_gets_nothing_and_the_result_says_so",
    "EVENT_CAMPAIGN_NEEDS_AN_END": _EVENTS + "test_an_event_campaign_needs_no_end",
    "NAIVE_SCHEDULE_IS_UTC": _EVENTS + "test_a_time_of_a_schedule_without_an_offset_is_utc",
    "EMPTY_EVENT_FILTER_IS_REFUSED": _EVENTS + "test_a_filter_that_every_event_fits_is_refused",
    "ENDED_CAMPAIGNS_GIVE_THEIR_PLACE_BACK": _EVENTS
    + "test_a_campaign_that_has_ended_gives_its_place_to_another",
    "OWN_MESSAGES_TRIGGER_NOTHING": _EVENTS + "test_a_campaign_does_not_answer_its_own_messages",
    "EVENT_RUNS_KEPT_DAYS": _EVENTS + "test_events_and_their_runs_are_kept_for_sixty_days",
    "PAUSE_ALONE_KEEPS_THE_DEFINITION": _EVENTS + "test_is_paused_alone_keeps_the_definition",
    "TOTAL_LIMIT_REMEMBERED_DAYS": _EVENTS + "test_the_total_limit_remembers_a_message_for_a_year",
}
# By how the sentences of LEFT_OUT begin: nothing in the code could be turned round.
LEFT_OUT_IS_HELD_BY: Final = {
    "UserAttributes are kept per endpoint": _CHOICES
    + "test_user_attributes_stay_with_the_endpoint_that_sent_them",
    "A write with an older EffectiveDate": _CHOICES + "test_an_older_effective_date_does_not_stop_a_write",
    "An endpoint id is shown in the letters": "tests/unit/engine/test_endpoints.py::"
    "test_an_endpoint_is_found_in_any_letter_case_and_keeps_its_first_letters",
    "TotalProcessed of an import": "tests/unit/engine_work/test_imports.py::"
    "test_a_job_counts_its_rows_and_names_the_bad_ones_by_line_and_byte",
    "Ids that a hook returns": "tests/unit/engine_work/test_hooks.py::"
    "test_ids_that_a_hook_was_not_given_are_ignored",
    "An EXCLUSIVE dimension": _CHOICES + "test_an_exclusive_dimension_takes_who_lacks_the_attribute",
    "A hard bounce or a complaint": "tests/unit/engine_work/test_receipts.py::"
    "test_a_hard_bounce_does_not_change_the_endpoint",
    "A variable without a value": _CHOICES
    + "test_a_variable_without_a_value_is_nothing_unless_asked_strictly",
    "Limits.Session is kept": _CHOICES + "test_a_limit_of_messages_a_session_is_kept_and_shown",
    "An event's attributes are no variables": _EVENTS
    + "test_an_events_attributes_are_no_variables_of_its_message",
    "RawContent is read for e-mail only": _PHONES + "test_raw_content_is_not_read_for_a_text_message",
    "A campaign that has completed": "tests/unit/engine_work/test_deleted_segments.py::"
    "test_a_campaign_that_has_completed_stays_so_when_its_segment_is_deleted",
}


def test_every_choice_names_the_test_that_holds_it() -> None:
    names = {name for name in vars(choices) if name.isupper()} - {"LEFT_OUT"}
    assert set(HELD_BY) == names
    assert len(set(HELD_BY.values())) == len(HELD_BY)


def test_everything_left_out_names_the_test_that_holds_it() -> None:
    found = {
        sentence: [begin for begin in LEFT_OUT_IS_HELD_BY if sentence.startswith(begin)]
        for sentence in choices.LEFT_OUT
    }
    assert {sentence: begins for sentence, begins in found.items() if len(begins) != 1} == {}
    assert len(LEFT_OUT_IS_HELD_BY) == len(choices.LEFT_OUT)


def test_every_test_that_is_named_exists() -> None:
    named = [*HELD_BY.values(), *LEFT_OUT_IS_HELD_BY.values()]
    missing = [
        test
        for test in named
        if f"\ndef {test.partition('::')[2]}(" not in (ROOT / test.partition("::")[0]).read_text()
    ]
    assert missing == []


def test_a_choice_made_the_other_way_fails_its_test() -> None:
    flipped = {test: name for name, test in HELD_BY.items()}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "tests.support.flipped_choice", *flipped],
        cwd=ROOT,
        env={**os.environ, "FLIPPED_CHOICES": json.dumps(flipped), "PYTHONPATH": "lambda_src"},
        capture_output=True,
        text=True,
    )
    failed = set(re.findall(r"^FAILED (\S+?::\w+)", ran.stdout, re.MULTILINE))
    assert {name for test, name in flipped.items() if test not in failed} == set(), ran.stdout
