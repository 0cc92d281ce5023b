"""Alert rules: they watch what is measured, lead to a page that is there, and call when they must."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.layout import checkout_root
from shared.observability.metrics import METRICS, Metric

ALERTS = checkout_root() / "deploy" / "alerts"
RUNBOOKS = checkout_root() / "deploy" / "runbooks"
OF_PROMETHEUS = {"up"}


@cache
def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((ALERTS / "ocop.rules.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def samples(metric: Metric) -> set[str]:
    """The names under which Prometheus stores the metric."""
    if metric.kind == "counter":
        return {f"{metric.name}_total"}
    if metric.kind == "histogram":
        return {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return {metric.name}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_watches_metrics_and_labels_that_exist_and_leads_to_a_page(rule: dict[str, Any]) -> None:
    named = set(re.findall(r"\bocop_\w+|\bup\b", rule["expr"]))
    labels = {"service", "le", "instance", "job", *(label for metric in METRICS for label in metric.labels)}

    assert named
    assert named - OF_PROMETHEUS <= {name for metric in METRICS for name in samples(metric)}
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
    assert " / " in rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert (checkout_root() / rule["annotations"]["runbook"]).is_file()


def test_each_runbook_page_of_an_alert_names_it() -> None:
    for rule in rules():
        page = checkout_root() / rule["annotations"]["runbook"]

        assert rule["alert"] in page.read_text(encoding="utf-8"), f"{page.name} does not name {rule['alert']}"


def test_the_index_of_runbooks_names_every_page() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")

    assert {page.name for page in RUNBOOKS.glob("*.md") if f"({page.name})" not in index} == {"README.md"}


def test_every_alert_is_tried_by_promtools_test_file() -> None:
    tried = yaml.safe_load((ALERTS / "ocop.rules.test.yaml").read_text(encoding="utf-8"))["tests"]
    checks = [check for test in tried for check in test["alert_rule_test"]]
    called = {check["alertname"] for check in checks if check.get("exp_alerts")}
    silent = {check["alertname"] for check in checks if not check.get("exp_alerts")}

    assert {str(rule["alert"]) for rule in rules()} == called == silent


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        reason = "There is no promtool on this machine, so the alert rules were not tried."
        if os.environ.get("OCOP_REQUIRE_ALL") == "1":  # noqa: TID251 - tests have no settings
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.mark.parametrize("what", [("check", "rules", "ocop.rules.yaml"), ("test", "rules", "ocop.rules.test.yaml")])
def test_promtool_finds_no_fault_in_the_rules(promtool: str, what: tuple[str, ...]) -> None:
    ran = subprocess.run([promtool, *what], cwd=Path(ALERTS), capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
