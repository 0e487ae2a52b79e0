"""Where a path is wanted, a `Path` is taken, by the checker of types as by the call."""

from __future__ import annotations

import json
from pathlib import Path

import cache_guardian as cache
from conftest import Prepare
from test_scan import archive, record, sbom
from test_sign import SPDX

YES: cache.Answer = {"decision": "approve", "approver": "alice"}
POLICY = "retention_policy:\n  dev: {max_age_days: 0}\n"


def approved(plan: cache.Plan | None) -> tuple[cache.Plan, list[cache.Approval]]:
    assert plan is not None
    return plan, [plan.approve_by_callback(lambda asked: YES)]


def test_a_promoter_takes_paths(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    Path("policy.yaml").write_text(scenario["promoter"]["policy"], encoding="utf-8")
    Path("sbom.json").write_text(json.dumps(SPDX), encoding="utf-8")
    document: cache.Attachment = {"kind": "sbom", "mediaType": "application/spdx+json", "path": Path("sbom.json")}
    config: cache.PromoterConfig = {
        "source": "oci:source",
        "target": "oci:target",
        "environment": "staging",
        "policy": Path("policy.yaml"),
        "trustedKeys": [{"name": "release", "path": Path("keys/release.pub")}],
        "signer": {"name": "release", "path": Path("keys/release.key"), "publicKey": Path("keys/release.pub")},
        "ledger": Path("ledger"),
    }
    promoter = cache.Promoter(config)
    request: cache.Request = {"from": "oci:source:v1", "to": "oci:target:v1", "requester": "ci", "attach": [document]}
    assert promoter.execute(*approved(promoter.plan(request).plan)).complete
    assert Path("ledger/journal").exists()
    trusted: list[cache.TrustedKey] = [{"name": "release", "path": Path("keys/release.pub")}]
    assert cache.verify({"image": "oci:target:v1", "trustedKeys": trusted})["signatures"]


def test_retention_takes_paths_and_the_file_that_it_names_itself(prepare: Prepare) -> None:
    prepare("promote-signed")
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    config: cache.RetentionConfig = {
        "repositories": ["oci:source"],
        "environment": "dev",
        "policy": Path("policy.yaml"),
        "ledger": Path("ledger"),
        "restore": Path("restore"),
    }
    retention = cache.Retention(config)
    plan, approvals = approved(retention.plan({"requester": "ci"}).plan)
    cleaned = retention.execute(plan, approvals, dry_run=False)
    assert cleaned.complete and cleaned.restore.parent == Path("restore")
    back = retention.plan_restore({"file": cleaned.restore, "requester": "ci"})
    assert retention.restore(*approved(back), cleaned.restore).complete
    said = cache.translate_policy({"vendor": "harbor", "policy": Path("policy.yaml"), "environment": "dev"})
    assert "unsaid" in said


def test_sboms_and_scans_take_paths(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "vendor").mkdir(parents=True)
    lock = {"lockfileVersion": 3, "packages": {"node_modules/web": {"version": "1.0.0"}}}
    (folder / "vendor" / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    request: cache.GenerateRequest = {"folder": folder, "layerCache": tmp_path / "kept"}
    assert cache.Sbom.generate(request).find({"name": "web"})
    assert not cache.Sbom.generate({**request, "without": [Path("vendor")]}).find({"name": "web"})

    path, osv = tmp_path / "cache.db", [archive(tmp_path / "osv", record("GHSA-1"))]
    assert cache.Database.build({"path": path, "osv": osv})["advisories"] == 1
    report = cache.Scanner({"database": path}).scan_sbom(sbom())
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text("scan_policy: {}\n", encoding="utf-8")
    given: cache.Given = {"kind": "report", "path": tmp_path / "report.json"}
    assert cache.assess([given], {"policy": tmp_path / "policy.yaml", "environment": "dev"}).data


def test_what_only_an_environment_would_use_takes_paths() -> None:
    """For the checker alone: each wants what is not on every machine."""
    here = Path(".")
    services: cache.Services = {"signingConfig": here, "trustConfig": here, "trustedRoot": here}
    keyless: cache.Signer = {"keyless": {"file": here / "token"}, "services": services}
    program: cache.Signer = {"program": here / "sign", "publicKey": here / "key.pub"}
    cluster: cache.KubernetesCluster = {"name": "a", "kubeconfig": here}
    sources: list[cache.InventorySource] = [{"file": here / "deployed.json"}, {"kubernetes": cluster}]
    root: cache.TufRequest = {"url": "https://tuf.example.com", "root": here / "root.json", "folder": here}
    network: cache.Network = {"authorities": [{"path": here / "ca.pem"}]}
    file: cache.VerifyFileRequest = {"file": here / "app", "bundle": here / "app.bundle", "trustedRoot": here}
    update: cache.DatabaseUpdateRequest = {"path": here / "cache.db", "downloads": here}
    build: cache.BuildWish = {"source": here / "app.tar.gz", "to": "registry.test/app:v1"}
    upkeep: cache.AdministratorConfig = {"registry": {"host": "registry.test"}, "environment": "prod", "ledger": here}
    assert all([keyless, program, sources, root, network, file, update, build, upkeep])
