#!/usr/bin/env python3
"""Promotes one image once people said yes in Slack: plan, ask, take the answers, execute.

    SLACK_WEBHOOK=https://hooks.slack.com/… SLACK_SECRET=… PAGERDUTY_KEY=… \\
    python ask.py --from oci:dev --to oci:prod --tag v1 --key release.pub --person slack:U0123=alice

Slack sends the press of a button to this process: let the app's interactivity URL lead to --port. Where nobody answers,
PagerDuty wakes somebody. Exit codes: 0 done or nothing to do, 1 error, 2 refused by a gate, 3 not approved.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cache_guardian as cache


def main() -> int:
    asked = arguments()
    people = dict(person.split("=", 1) for person in asked.person)
    desk = cache.AnswerDesk({"people": people, "slackSecret": os.environ["SLACK_SECRET"]})
    config: cache.PromoterConfig = {
        "source": asked.source,
        "target": asked.target,
        "environment": asked.environment,
        "trustedKeys": [{"name": "release", "path": asked.key}],
        "approval": {"accept": ["webhook"], "approvers": [{"name": name} for name in sorted(set(people.values()))]},
    }
    if asked.policy:
        config["policy"] = asked.policy
    promoter = cache.Promoter(config)
    outlook = promoter.plan(
        {"from": f"{asked.source}:{asked.tag}", "to": f"{asked.target}:{asked.tag}", "requester": "pipeline"}
    )
    if outlook.plan is None:
        print(f"No plan: {outlook.state}")
        return 2 if outlook.state == "blocked" else 0

    server = listen(desk, asked.port)
    whom: cache.AskConfig = {
        "urgency": "high",
        "ask": [{"kind": "slack", "url": os.environ["SLACK_WEBHOOK"]}],
        "giveUpAfterSeconds": asked.give_up_after,
    }
    if "PAGERDUTY_KEY" in os.environ:
        whom["alarm"] = {"kind": "pagerduty", "key": os.environ["PAGERDUTY_KEY"]}
    print(f"Asking about {outlook.plan.digest}; answers arrive at port {server.server_port}", flush=True)
    try:
        approvals = promoter.ask(outlook.plan, desk, whom)
    finally:
        server.shutdown()
    receipt = promoter.execute(outlook.plan, approvals)
    print(receipt)
    return 0 if receipt.complete else 1


def listen(desk: cache.AnswerDesk, port: int) -> ThreadingHTTPServer:
    """Hands what Slack sends to the desk. Behind a web server of your own, it is these few lines alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1 << 20))
            reply = desk.slack(dict(self.headers.items()), body)
            self.send_response(reply["status"])
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(reply["body"].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Promotes one image once people said yes in Slack.")
    parser.add_argument("--from", dest="source", required=True, metavar="REPOSITORY", help="such as oci:dev")
    parser.add_argument("--to", dest="target", required=True, metavar="REPOSITORY", help="such as docker://HOST/prod/app")
    parser.add_argument("--tag", required=True)
    parser.add_argument("--key", required=True, metavar="FILE", help="the public key of the signatures that count")
    parser.add_argument("--person", action="append", required=True, metavar="slack:ID=NAME", help="who may answer")
    parser.add_argument("--policy", metavar="FILE")
    parser.add_argument("--environment", default="prod")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--give-up-after", type=int, default=3600, metavar="SECONDS")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cache.Unapproved as error:
        print(f"not approved: {error}", file=sys.stderr)
        sys.exit(3)
    except cache.CacheError as error:
        print(f"error: {error}" + (f"\n  {error.hint}" if error.hint else ""), file=sys.stderr)
        sys.exit(1)
