# SPDX-License-Identifier: GPL-2.0-only
# For the Python programs of tests/apps, copied into the VE beside them.
import os
import sys
import traceback


def put(path, text):
    """Write a small file at once."""
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def going(name):
    """May NAME finish?"""
    return os.path.exists("/tmp/%s.go" % name)


def verdict(name, main):
    """Run main(); what it returns, or raises, is wrong."""
    try:
        wrong = main()
    except BaseException:
        traceback.print_exc()
        wrong = traceback.format_exc().splitlines()[-1]
    put("/tmp/%s.verdict" % name, "fail: %s\n" % wrong if wrong else "pass\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(bool(wrong))  # not through the except of a parent
