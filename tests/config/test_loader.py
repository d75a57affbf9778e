# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.config.settings import Settings


def test_empty_file_gives_the_defaults(installation):
    assert installation.load() == Settings(paths=installation.paths)


def test_values_of_every_type(installation):
    installation.write("mss.toml", """
        [sip]
        listen = ["UDP:127.0.0.1:5060"]
        realm = "example.org"
        t1 = 1
        digest_algorithms = ["sha-256"]
        [call]
        send_181 = false
        max_hops = 3
    """)
    settings = installation.load()
    assert settings.sip.listen == ("udp:127.0.0.1:5060",)
    assert settings.sip.realm == "example.org"
    assert settings.sip.t1 == 1.0 and isinstance(settings.sip.t1, float)
    assert settings.sip.digest_algorithms == ("SHA-256",)
    assert settings.call.send_181 is False
    assert settings.call.max_hops == 3


def test_later_files_and_the_environment_win(installation):
    installation.write("mss.toml", "[sip]\nrealm = 'one'\nnonce_seconds = 100\n[web]\nport = 8081\n")
    installation.write("conf.d/20-b.toml", "[sip]\nrealm = 'three'\n")
    installation.write("conf.d/10-a.toml", "[sip]\nrealm = 'two'\nnonce_seconds = 200\n")
    installation.write("conf.d/30-c.txt", "not read")
    settings = installation.load({"MSS__WEB__PORT": "8082", "MSSX": "no setting"})
    assert (settings.sip.realm, settings.sip.nonce_seconds, settings.web.port) == ("three", 200, 8082)


@pytest.mark.parametrize(
    ("variable", "text", "section", "name", "value"),
    [
        ("MSS__SIP__REALM", "true", "sip", "realm", "true"),
        ("MSS__SIP__T1", "0.25", "sip", "t1", 0.25),
        ("MSS__CALL__SEND_181", "false", "call", "send_181", False),
        ("MSS__SIP__DOMAINS", "a.example, b.example", "sip", "domains", ("a.example", "b.example")),
        ("MSS__SIP__DOMAINS", '["a.example"]', "sip", "domains", ("a.example",)),
        ("MSS__SIP__DOMAINS", "", "sip", "domains", ()),
    ],
)
def test_environment_is_read_by_type(installation, variable, text, section, name, value):
    assert getattr(getattr(installation.load({variable: text}), section), name) == value


def test_environment_fault_names_the_variable(installation):
    fault = installation.fault({"MSS__SIP__NONCE_SECONDS": "soon"})
    assert (fault.file, fault.key) == ("environment", "MSS__SIP__NONCE_SECONDS")


def test_unknown_variable_of_the_environment(installation):
    fault = installation.fault({"MSS__SIP__REALMS": "x"})
    assert (fault.key, fault.remedy) == ("MSS__SIP__REALMS", "did you mean realm?")


def test_missing_file_tells_how_to_create_it(installation):
    installation.paths.config_file.unlink()
    fault = installation.fault()
    assert fault.problem == "there is no such file"
    assert fault.remedy == f"create it by: mss --home {installation.paths.config_dir} init"


@pytest.mark.parametrize(
    ("text", "line", "key", "remedy"),
    [
        ("[sip]\n\nrelm = 'x'\n", 3, "sip.relm", "did you mean realm?"),
        ("[sip]\nmax_calls = 1\n", 2, "sip.max_calls", "it belongs to section [call]"),
        ("[sipp]\nrealm = 'x'\n", 1, "sipp", "did you mean [sip]?"),
        ("realm = 'x'\n", 1, "realm", "move it below [sip]"),
        ("[database]\nfoo = 'x'\n", 2, "database.foo", "remove it; [database] knows: url"),
        ("sip = 1\n", 1, "sip", "write it as [sip] above its settings"),
        ("[zzzzz]\n", 1, "zzzzz", "remove it; known sections: sip, registrar, call, database, web, log, plugins"),
    ],
)
def test_unknown_names_are_placed_and_guessed(installation, text, line, key, remedy):
    installation.write("mss.toml", text)
    fault = installation.fault()
    assert (fault.file, fault.line, fault.key, fault.remedy) == ("mss.toml", line, key, remedy)


def test_wrong_item_of_a_list_is_placed_at_its_own_line(installation):
    installation.write("mss.toml", """\
        [sip]
        local_networks = [
            "10.0.0.0/8",
            "192.168.1.1/24",
        ]
    """)
    fault = installation.fault()
    assert fault.line == 4
    assert "the network is 192.168.1.0/24" in fault.problem


def test_fault_is_placed_in_the_file_whose_value_counts(installation):
    installation.write("mss.toml", "[sip]\nt1 = 'wrong but overridden'\n")
    installation.write("conf.d/a.toml", "\n[sip]\nt1 = 99\n")
    fault = installation.fault()
    assert (fault.file, fault.line, fault.problem) == ("a.toml", 3, "99 is out of range")


def test_syntax_error_has_its_line(installation):
    installation.write("mss.toml", "[sip]\nrealm = example.org\n")
    fault = installation.fault()
    assert (fault.line, fault.key) == (2, "")
    assert fault.problem.startswith("is not TOML")


def test_syntax_error_at_the_end_has_the_last_line(installation):
    installation.write("mss.toml", '[sip]\nlisten = [\n"udp:0.0.0.0:5060"\n')
    assert installation.fault().line == 3


def test_file_that_is_not_utf8(installation):
    installation.paths.config_file.write_bytes(b'[sip]\nrealm = "\xe4"\n')
    assert installation.fault().problem == "is not UTF-8 text"


def test_byte_order_mark_is_accepted(installation):
    installation.paths.config_file.write_bytes(b'\xef\xbb\xbf[sip]\nrealm = "x"\n')
    assert installation.load().sip.realm == "x"


def test_all_faults_are_told_at_once(installation):
    installation.write("mss.toml", "[sip]\nrelm = 'x'\nt1 = 'x'\nlisten = []\n[web]\nport = 99999\n")
    installation.write("mss_var_param.ini", "[sip]\ngVarUnknown=1\n")
    assert sorted(fault.key for fault in installation.faults()) == [
        "[sip] gVarUnknown", "sip.listen", "sip.relm", "sip.t1", "web.port",
    ]  # fmt: skip


def test_fault_reads_as_one_line(installation):
    installation.write("mss.toml", "[sip]\nrelm = 'x'\n")
    (fault,) = installation.faults()
    file = installation.paths.config_file
    assert str(fault) == f"{file}:2: sip.relm: unknown setting; did you mean realm?"


def test_conflict_with_a_default_names_what_was_written(installation):
    file = installation.write("conf.d/a.toml", "[registrar]\nmax_expires = 100\n")
    assert [(fault.file, fault.line, fault.key, fault.problem) for fault in installation.faults()] == [
        (str(file), 2, "registrar.max_expires", "default_expires is more than max_expires (100)"),
        (str(file), 2, "registrar.max_expires", "nat_expires is more than max_expires (100)"),
    ]


def test_conflict_without_a_line_names_the_main_file(installation):
    installation.write("conf.d/a.toml", "[sip]\nlisten = ['tcp:127.0.0.1:8080']\n")
    fault = installation.fault()
    assert (fault.file, fault.line, fault.key) == ("mss.toml", 0, "web.port")


def test_password_of_the_database_is_not_repeated(installation):
    installation.write("mss.toml", "[database]\nurl = 'mysql://mss:geheim@db/mss'\n")
    assert "geheim" not in str(installation.fault())
