#!/usr/bin/env python3
"""Looks after a registry: asks what it keeps, and changes it: what is there, what would be, an approval, the change.

    python upkeep.py --registry registry.json --ask '{"kind": "projects"}'
    python upkeep.py --registry registry.json --environment prod --do '{"kind": "set-policy", "policy": "quota", ...}'
    python upkeep.py ... --do ... --approve PLAN_DIGEST   carries out the plan that was shown

registry.json says which system the registry is: {"host": "harbor.example.com", "system": "harbor", "login": {...}}.

Without --approve it asks at the terminal; where there is none, it is a dry run. Exit codes: 0 done or nothing to do, 1 error or
incomplete, 3 not approved.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path

import cache_guardian as cache


def main() -> int:
    asked = arguments()
    registry: cache.Registry = json.loads(Path(asked.registry).read_text(encoding="utf-8"))
    config: cache.AdministratorConfig = {"registry": registry, "environment": asked.environment}
    if asked.ledger:
        config["ledger"] = asked.ledger
    administrator = cache.Administrator(config)
    if asked.ask:
        print(json.dumps(administrator.ask(json.loads(asked.ask)), indent=2))
        return 0

    wishes: list[cache.Wish] = [{"action": json.loads(action)} for action in asked.do]
    plan = administrator.plan({"requester": "upkeep.py", "what": "upkeep by hand", "wishes": wishes})
    if plan is None:
        print("All of it is so already.")
        return 0
    approval = approve(plan, asked.approve)
    if approval is None:
        return 3
    carried = administrator.execute(plan, [approval])
    print(carried)
    for name, secret in carried.issued:
        print(f"{name}: {secret}")
    return 0 if carried.complete else 1


def approve(plan: cache.Plan, digest: str | None) -> cache.Approval | None:
    """A person reads the plan and says yes to its digest, now or on the command line."""
    person = getpass.getuser()
    if digest is None and sys.stdin.isatty():
        return plan.approve_on_terminal(person)
    print(plan.render())
    if digest == plan.digest:
        return plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": person})
    print(f"\nA dry run: nothing was changed. Approve it with\n  --approve {plan.digest}")
    return None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Looks after a registry.")
    parser.add_argument("--registry", required=True, metavar="FILE", help="which system it is, as JSON")
    parser.add_argument("--environment", default="prod")
    parser.add_argument("--ask", metavar="QUESTION", help="what it keeps, as JSON")
    parser.add_argument("--do", action="append", default=[], metavar="ACTION", help="a change, as JSON; may be repeated")
    parser.add_argument("--ledger", metavar="FOLDER")
    parser.add_argument("--approve", metavar="PLAN_DIGEST")
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
