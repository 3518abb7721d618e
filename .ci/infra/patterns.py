"""Checks the planned values of `terraform test -json -verbose` against the
patterns that the Google provider and its APIs apply and the stub of it doesn't.
Reads the test's output from standard input, prints rows "pass|fail<TAB>name".

A pattern is for a type of resource, or for the prefix of several with "*", and
an attribute, whose path goes through blocks by their names.
"""

import json
import re
import sys

NAME = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
ACCOUNT = r"[a-z][-a-z0-9]{4,28}[a-z0-9]"
EMAIL = ACCOUNT + r"@[-a-z0-9.]{1,63}\.iam\.gserviceaccount\.com"
PATTERNS = [
    ("google_service_account", "account_id", ACCOUNT),
    ("google_service_account_iam_member", "service_account_id", r"projects/[^/]+/serviceAccounts/" + EMAIL),
    ("google_cloud_run_v2_service", "template.service_account", EMAIL),
    ("google_cloud_run_v2_service", "template.timeout", r"\d+(\.\d{1,9})?s"),
    ("google_cloud_run_v2_service", "name", r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?"),
    ("google_cloud_run_v2_service", "template.containers.resources.limits.memory", r"\d+(Mi|Gi)"),
    ("google_compute_*", "name", NAME),
    ("google_compute_*", "port_range", r"\d+(-\d+)?"),
    ("google_compute_security_policy", "rule.action", r"allow|throttle|deny\((403|404|429|502)\)"),
    ("google_dns_record_set", "name", r"([a-z0-9_-]+\.)+"),
    ("google_iam_workload_identity_pool", "workload_identity_pool_id", r"(?!gcp-)[a-z0-9-]{4,32}"),
    ("google_iam_workload_identity_pool_provider", "workload_identity_pool_provider_id", r"(?!gcp-)[a-z0-9-]{4,32}"),
    ("google_artifact_registry_repository", "repository_id", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"),
    ("google_artifact_registry_repository", "cleanup_policies.condition.older_than", r"\d+[smhd]?"),
    ("google_secret_manager_secret", "secret_id", r"[a-zA-Z0-9_-]{1,255}"),
    ("google_secret_manager_secret", "rotation.rotation_period", r"\d+s"),
    ("google_secret_manager_secret", "version_destroy_ttl", r"\d+s"),
    ("google_monitoring_slo", "slo_id", r"[a-zA-Z0-9\-_:.]+"),
    ("google_monitoring_service", "service_id", r"[a-z0-9-]+"),
    ("google_monitoring_uptime_check_config", "period", r"(60|300|600|900)s"),
    ("google_monitoring_uptime_check_config", "timeout", r"([1-9]|[1-5]\d|60)s"),
    ("google_monitoring_alert_policy", "conditions.condition_threshold.aggregations.alignment_period", r"\d+s"),
    ("google_monitoring_alert_policy", "alert_strategy.auto_close", r"\d+s"),
    ("google_logging_metric", "name", r"[A-Za-z0-9_\-.,+!*',()%/]{1,100}"),
    ("google_logging_metric", "label_extractors.outcome", r"(EXTRACT|REGEXP_EXTRACT)\(.+\)"),
    ("google_storage_bucket", "name", r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"),
    ("google_pubsub_topic", "name", r"[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}"),
    ("google_project_service", "service", r"[a-z0-9-]+\.googleapis\.com"),
    ("google_billing_budget", "amount.specified_amount.units", r"\d+"),
    ("google_billing_budget", "amount.specified_amount.currency_code", r"[A-Z]{3}"),
    ("google_*", "member", r"(user|group|domain|serviceAccount|principal|principalSet):.+"),
    ("google_*", "role", r"(roles|(projects|organizations)/[^/]+/roles)/[A-Za-z0-9_.]+"),
    ("google_*", "display_name", r"(?s).{1,512}"),
]


def found(value, path):
    """The values at a path, through every element of a list."""
    if isinstance(value, list):
        for element in value:
            yield from found(element, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from found(value.get(path[0]), path[1:])


def matches(pattern, kind):
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


def main():
    changes = [
        message["test_plan"].get("resource_changes", [])
        for message in map(json.loads, sys.stdin)
        if message.get("type") == "test_plan"
    ]
    if not changes:
        print("fail\tpatterns: the test printed no plan")
        return
    for kind, path, pattern in PATTERNS:
        seen, wrong = 0, set()
        for resources in changes:
            for resource in resources:
                if matches(kind, resource["type"]):
                    for value in found(resource["change"]["after"], path.split(".")):
                        seen += 1
                        if not re.fullmatch(pattern, str(value)):
                            wrong.add(f"{resource['address']}: {str(value)[:80]}")
        name = f"{kind} {path} has the form that Google takes"
        if wrong:
            print(f"fail\t{name}: {'; '.join(sorted(wrong)[:3])}")
        elif not seen and path not in ("amount.specified_amount.currency_code",):
            print(f"fail\t{name}: no plan has it")
        else:
            print(f"pass\t{name}")


if __name__ == "__main__":
    main()
