"""`remit serve` with waits so short that a test can wait for them: TERMS STATE, and what else it takes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from remit.cli.serve import _tell_begun, add_to, read_setting, serve_here
from remit.cli.state import listen
from remit.gateway.upstream.client import Timeouts

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())  # type: ignore[arg-type]  # it adds one parser as to Remit's own.
    args = parser.parse_args(["serve", sys.argv[1], "--state", sys.argv[2], "--grace", "5", *sys.argv[3:]])
    setting = replace(read_setting(args), timeouts=Timeouts(connect=2, first_byte=3, idle=3), publish_every=0)
    sock = listen("127.0.0.1:0")
    sys.exit(serve_here(setting, sock, lambda: _tell_begun(sock, setting)))
