# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings: mss.toml, mss_var_param.ini and the environment; errors name file, line, key and remedy."""
