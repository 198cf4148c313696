# SPDX-License-Identifier: Apache-2.0
"""What user scripts see inside framework runtimes. Python 3.7 to 3.13; imports nothing heavy before the user's code."""
