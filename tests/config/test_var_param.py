# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.config.var_param import VARIABLES, VarParams, parse_var_params, read_var_params


def parse(text):
    errors = []
    return parse_var_params(text, "mss_var_param.ini", errors), errors


def only_error(text):
    _, errors = parse(text)
    (error,) = errors
    return error


def test_defaults_without_a_file(tmp_path):
    errors = []
    params = read_var_params(tmp_path / "mss_var_param.ini", errors)
    assert params == VarParams()
    assert params["gVarSipRegSameDialog"] == 1
    assert errors == []


def test_values_comments_and_blanks():
    params, errors = parse("\ufeff; a comment\n# another\n\n[sip]\n gVarSipRegSameDialog = 0 ; why\n".lstrip("\ufeff"))
    assert errors == []
    assert params["gVarSipRegSameDialog"] == 0


def test_unknown_name_is_an_error_with_its_line():
    error = only_error("[sip]\ngVarSipRegSameDialogue=0\n")
    assert (error.line, error.key) == (2, "[sip] gVarSipRegSameDialogue")
    assert error.problem == "unknown variable"
    assert error.remedy == "did you mean gVarSipRegSameDialog?"


def test_name_in_other_case_is_unknown_but_understood():
    assert only_error("[sip]\ngvarsipregsamedialog=0\n").remedy == "did you mean gVarSipRegSameDialog?"


def test_far_off_name_lists_the_known_ones():
    assert "known variables: gVarSipRegSameDialog" in only_error("[sip]\nx=0\n").remedy


def test_wrong_section_is_named():
    error = only_error("[rtp]\ngVarSipRegSameDialog=0\n")
    assert (error.problem, error.remedy) == ("stands in section [rtp]", "move it below [sip]")


@pytest.mark.parametrize("value", ["2", "-1", "yes", "", "0.5"])
def test_wrong_value_is_named_and_the_default_kept(value):
    params, errors = parse(f"[sip]\ngVarSipRegSameDialog={value}\n")
    assert [error.line for error in errors] == [2]
    assert "0 to 1" in errors[0].problem
    assert params == VarParams()


def test_second_setting_of_a_name_is_an_error():
    error = only_error("[sip]\ngVarSipRegSameDialog=0\ngVarSipRegSameDialog=1\n")
    assert (error.line, error.problem) == (3, "is already set in line 2")


def test_line_that_is_no_assignment():
    assert only_error("[sip]\nnonsense\n").line == 2


def test_file_that_is_no_text(tmp_path):
    file = tmp_path / "mss_var_param.ini"
    file.write_bytes(b"\xff\xfe\x00")
    errors = []
    assert read_var_params(file, errors) == VarParams()
    assert "cannot be read" in errors[0].problem


def test_names_are_unique():
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)
