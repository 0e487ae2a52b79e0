#!/usr/bin/env python3
"""Promotes one image with everything that belongs to it: plan, show, approve, execute, receipt.

    python promote.py --from oci:dev --to oci:prod --tag v1 --key release.pub --policy policy.yaml

It asks at the terminal; without one, --approve PLAN_DIGEST is the answer. Exit codes: 0 done or nothing to do, 1 error,
2 refused by a gate, 3 not approved.
"""

from __future__ import annotations

import argparse
import getpass
import sys

import cache_guardian as cache


def main() -> int:
    asked = arguments()
    config: cache.PromoterConfig = {
        "source": asked.source,
        "target": asked.target,
        "environment": asked.environment,
        "trustedKeys": [{"name": "release", "path": asked.key}],
    }
    if asked.policy:  # without one, the strict default of the environment holds
        config["policy"] = asked.policy
    promoter = cache.Promoter(config)

    wanted: cache.Request = {
        "from": f"{asked.source}:{asked.tag}",
        "to": f"{asked.target}:{asked.tag}",
        "requester": "pipeline",
    }
    outlook = promoter.plan(wanted)
    if outlook.state == "nothing":
        print(f"Already so: {wanted['to']}")
        return 0
    if outlook.plan is None:
        print(f"REFUSED: {wanted['from']} does not go to {asked.environment}")
        for verdict in outlook.verdicts:
            print(f"  {verdict['gate']}: {verdict['outcome']}")
            for reason in verdict["reasons"]:
                print(f"    {reason['outcome']}: {reason['message']}")
        return 2

    approval = approve(outlook.plan, asked.approve)
    if approval is None:
        return 3
    receipt = promoter.execute(outlook.plan, [approval], progress=show)
    print(receipt)
    return 0 if receipt.complete else 1


def approve(plan: cache.Plan, digest: str | None) -> cache.Approval | None:
    """A person reads the plan and says yes to its digest, now or on the command line."""
    person = getpass.getuser()
    if digest is None and sys.stdin.isatty():
        return plan.approve_on_terminal(person)
    print(plan.render())
    if digest == plan.digest:
        return plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": person})
    print(f"\nNot approved. Approve it with\n  --approve {plan.digest}")
    return None


def show(progress: cache.Progress) -> None:
    print(f"{progress['done']}/{progress['steps']} {progress['what'] or 'finished'}", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Promotes one image with everything that belongs to it.")
    parser.add_argument("--from", dest="source", required=True, metavar="REPOSITORY", help="such as oci:dev")
    parser.add_argument("--to", dest="target", required=True, metavar="REPOSITORY", help="such as docker://HOST/prod/app")
    parser.add_argument("--tag", required=True)
    parser.add_argument("--key", required=True, metavar="FILE", help="the public key of the signatures that count")
    parser.add_argument("--policy", metavar="FILE")
    parser.add_argument("--environment", default="prod")
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
