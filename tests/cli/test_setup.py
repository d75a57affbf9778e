# SPDX-License-Identifier: GPL-2.0-or-later
"""What the first start creates beside files; the rest is in test_init.py."""
from __future__ import annotations

from cryptography import x509

from mss.cli.installation import Installation
from mss.cli.setup import set_up
from mss.config.paths import Paths
from mss.config.template import InitOptions


def test_certificate_names_everything_phones_may_use(tmp_path) -> None:
    paths = Paths.for_home(tmp_path / "home")
    paths.conf_d.mkdir(parents=True)
    (paths.conf_d / "own.toml").write_text(
        '[sip]\npublic_address = "pbx.example.org"\ndomains = ["example.org"]\nlisten = ["tls:[::1]:25061"]\n'
    )
    made = set_up(Installation(paths), InitOptions(), demo_users=True)
    certificate = x509.load_pem_x509_certificate((paths.tls_dir / "server.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"pbx.example.org", "example.org", "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"::1", "127.0.0.1"} <= {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert len(made.users) == 3


def test_own_certificate_is_not_made_for_the_administrator(tmp_path) -> None:
    paths = Paths.for_home(tmp_path / "home")
    paths.conf_d.mkdir(parents=True)
    for name in ("own.pem", "own.key"):
        (paths.config_dir / name).touch()
    (paths.conf_d / "own.toml").write_text('[sip]\ntls_certificate = "own.pem"\ntls_key = "own.key"\n')
    made = set_up(Installation(paths), InitOptions(), demo_users=False)
    assert not any(file.suffix in (".crt", ".pem", ".key") for file in made.files)


def test_new_database_under_old_settings_gets_no_demo_users(home) -> None:
    (home / "mss.db").unlink()
    made = set_up(Installation(Paths.for_home(home)), InitOptions(), demo_users=True)
    assert made.files == [home / "mss.db"]
    assert made.users == []
