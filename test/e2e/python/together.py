"""Runs scripts of this folder in one process, since a library takes longer to load than a script to run.
Prints a JSON object with the report of each script by its name."""
import contextlib
import io
import json
import pathlib
import runpy
import sys
import traceback

folder = pathlib.Path(__file__).parent


def report_of(script):
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(folder / script))
        return json.loads(printed.getvalue())
    except Exception:
        return {"failed": traceback.format_exc()}


print(json.dumps({script: report_of(script) for script in sys.argv[2:]}))
