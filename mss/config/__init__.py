# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration files: ``mss.toml``, ``conf.d``, ``mss_var_param.ini`` and the environment.  Imports nothing of mss."""
