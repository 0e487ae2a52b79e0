#!/usr/bin/env python3
"""Cleans up repositories: what goes and why, an approval, the deletion, and the way back.

    python retention.py --repository docker://HOST/dev/app --policy policy.yaml --environment dev [--inventory FILE]
    python retention.py ... --approve PLAN_DIGEST   carries out the plan that was shown
    python retention.py ... --restore FILE          puts back what a plan deleted

Without --approve it asks at the terminal; where there is none, it is a dry run. Exit codes: 0 done or nothing to do, 1 error or
incomplete, 2 refused by a limit, 3 not approved.
"""

from __future__ import annotations

import argparse
import getpass
import sys

import cache_guardian as cache


def main() -> int:
    asked = arguments()
    config: cache.RetentionConfig = {
        "repositories": asked.repository,
        "environment": asked.environment,
        "policy": asked.policy,
        "inventories": [{"file": file} for file in asked.inventory],
    }
    if asked.untag:
        config["untag"] = asked.untag
    if asked.ledger:
        config["ledger"] = asked.ledger
    retention = cache.Retention(config)
    if asked.restore:
        return restore(retention, asked.restore, asked.approve)

    proposal = retention.plan({"requester": "cleaner"})
    show(proposal.data)
    for why in proposal.refusals:
        print(f"REFUSED: {why}")
    if proposal.plan is None:
        return 0 if proposal.state == "nothing" else 2
    approval = approve(proposal.plan, asked.approve)
    if approval is None:
        return 3
    cleaned = retention.execute(proposal.plan, [approval], dry_run=False)
    print(cleaned)
    return 0 if cleaned.complete else 1


def restore(retention: cache.Retention, file: str, digest: str | None) -> int:
    plan = retention.plan_restore({"file": file, "requester": "cleaner"})
    if plan is None:
        print("Everything is there.")
        return 0
    approval = approve(plan, digest)
    if approval is None:
        return 3
    receipt = retention.restore(plan, [approval], file)
    print(receipt)
    return 0 if receipt.complete else 1


def show(data: cache.ProposalData) -> None:
    """What stays and what goes, image by image."""
    for repository in data["repositories"]:
        print(repository["repository"])
        for note in repository["notes"]:
            print(f"  note: {note}")
        for image in repository["manifests"]:
            if image["kind"] == "image":
                tags = ", ".join(tag["tag"] for tag in image["tags"])
                why = "; ".join(why["message"] for why in image["why"])
                print(f"  {image['fate']:6} {image['digest']} [{tags}]: {why}")
    frees, requests = data["frees"], data["requests"]
    print(f"frees {frees['bytes']} of {frees['of']} bytes, after {requests['sent']} requests")


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
    parser = argparse.ArgumentParser(description="Cleans up repositories.")
    parser.add_argument("--repository", action="append", required=True, help="such as docker://HOST/dev/app; may be repeated")
    parser.add_argument("--policy", required=True, metavar="FILE", help="a policy with a retention_policy")
    parser.add_argument("--environment", required=True)
    parser.add_argument("--inventory", action="append", default=[], metavar="FILE", help="what is deployed; may be repeated")
    parser.add_argument("--untag", choices=["alone", "alone-but-last", "never", "with-manifest"], help="what deleting a tag does there")
    parser.add_argument("--ledger", metavar="FOLDER")
    parser.add_argument("--approve", metavar="PLAN_DIGEST")
    parser.add_argument("--restore", metavar="FILE")
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
