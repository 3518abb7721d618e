# Everything: sign-in with Zotero, own domain, pipeline, collector, alerts.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project                = "library-team"
  region                 = "us-central1"
  image                  = "us-central1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  auth                   = "zotero"
  domain                 = "library.example.org"
  dns_zone               = "example-org"
  blocked_addresses      = ["198.51.100.0/24"]
  min_instances          = 1
  memory_mib             = 1024
  telemetry              = "collector"
  collector_image        = "us-docker.pkg.dev/cloud-ops-agents-artifacts/google-cloud-opentelemetry-collector/otelcol-google@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  alert_emails           = ["ops@example.org"]
  rotation_days          = 90
  budget                 = { billing_account = "012345-6789AB-CDEF01", amount = 50 }
  github                 = { repository = "example/stackroom", repository_id = "1234567", owner_id = "7654321" }
  drift_check            = true
  cloud_build            = true
  terraform_state_bucket = "library-team-terraform"
  settings               = { LOG_LEVEL = "warn" }
  secret_versions        = { STACKROOM_MASTER_KEY = "3" }
}

run "sign_in_with_zotero" {
  command = plan

  assert {
    condition = alltrue([for name, value in {
      STACKROOM_AUTH             = "zotero"
      STACKROOM_PUBLIC_URL       = "https://library.example.org"
      STACKROOM_STATE_BUCKET     = "library-team-stackroom-state"
      STACKROOM_TRUSTED_HOPS     = "2"
      STACKROOM_MASTER_KEY       = "sm://projects/library-team/secrets/stackroom-stackroom-master-key/versions/3"
      STACKROOM_PROBE_TOKEN      = "sm://projects/library-team/secrets/stackroom-stackroom-probe-token/versions/latest"
      ZOTERO_OAUTH_CLIENT_KEY    = "sm://projects/library-team/secrets/stackroom-zotero-oauth-client-key/versions/latest"
      ZOTERO_OAUTH_CLIENT_SECRET = "sm://projects/library-team/secrets/stackroom-zotero-oauth-client-secret/versions/latest"
      GOMEMLIMIT                 = "819MiB"
      LOG_LEVEL                  = "warn"
      STACKROOM_METRICS_ADDR     = "127.0.0.1:9090"
    } : contains([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : "${e.name}=${e.value}"], "${name}=${value}")])
    error_message = "The environment is what sign-in with Zotero behind a load balancer needs."
  }
  assert {
    condition     = length([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : e if strcontains(lower(e.name), "secret") && !startswith(e.value, "sm://")]) == 0
    error_message = "No secret stands in the environment, only where it is."
  }
  assert {
    condition     = length(google_secret_manager_secret_iam_member.runtime) == 4 && alltrue([for m in google_secret_manager_secret_iam_member.runtime : m.role == "roles/secretmanager.secretAccessor"])
    error_message = "Each secret has an accessor of its own."
  }
  assert {
    condition     = output.url == "https://library.example.org/mcp"
    error_message = "The team gets the domain's URL."
  }
}

run "the_bucket" {
  command = plan

  assert {
    condition     = google_storage_bucket.state[0].uniform_bucket_level_access && google_storage_bucket.state[0].public_access_prevention == "enforced" && google_storage_bucket.state[0].versioning[0].enabled
    error_message = "The bucket is never public, and keeps what was overwritten."
  }
  assert {
    condition     = length(google_storage_bucket.state[0].lifecycle_rule) == 5
    error_message = "Records are deleted once no token can outlive them, snapshots once they are not used, receipts after 90 days, plans after a day."
  }
  assert {
    condition     = join(" ", [for rule in google_storage_bucket.state[0].lifecycle_rule : join(",", one(rule.condition).matches_prefix) if one(rule.condition).with_state == "LIVE"]) == "ledger/ replicas/ journal/,plans/,activity/"
    error_message = "The age of a record is no reason to delete a snapshot that is in use, which has a custom time."
  }
  assert {
    condition     = "${google_storage_bucket_iam_member.runtime[0].role} ${google_storage_bucket_iam_member.runtime[0].member}" == "roles/storage.objectUser serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"
    error_message = "The server may write into its bucket, and not change who else may."
  }
}

run "rotation" {
  command = plan

  assert {
    condition     = alltrue([for s in google_secret_manager_secret.setting : s.rotation[0].rotation_period == "7776000s"])
    error_message = "Each secret has a reminder."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.rotation) == 1
    error_message = "The reminder is sent by e-mail."
  }
}

run "values_pass_through" {
  command = plan

  variables {
    secret_values      = { STACKROOM_MASTER_KEY = "never-in-the-state" }
    secret_generations = { STACKROOM_MASTER_KEY = 1 }
  }

  assert {
    condition     = google_secret_manager_secret_version.setting["STACKROOM_MASTER_KEY"].secret_data_wo_version == 1
    error_message = "A generation stores a version."
  }
  assert {
    condition     = google_secret_manager_secret_version.setting["STACKROOM_MASTER_KEY"].secret_data_wo == null && google_secret_manager_secret_version.setting["STACKROOM_MASTER_KEY"].secret_data == null
    error_message = "The value is in no plan and no state."
  }
}

run "the_pipeline" {
  command = plan

  assert {
    condition = google_iam_workload_identity_pool_provider.github[0].attribute_condition == join(" && ", [
      "assertion.repository_id == '1234567'",
      "assertion.repository_owner_id == '7654321'",
      "assertion.ref == 'refs/heads/main'",
      "assertion.event_name in ['push', 'workflow_dispatch', 'schedule']",
    ])
    error_message = "Only this repository and owner, by number, on main; no pull_request_target."
  }
  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].oidc[0].issuer_uri == "https://token.actions.githubusercontent.com"
    error_message = "GitHub vouches."
  }
  assert {
    condition = toset([for m in google_service_account_iam_member.workflow : m.member]) == toset([
      "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/stackroom-github/attribute.workflow/1234567:deploy.yml",
      "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/stackroom-github/attribute.workflow/1234567:drift.yml",
    ])
    error_message = "One workflow for each account, never the whole pool."
  }
  assert {
    condition     = alltrue([for m in google_service_account_iam_member.workflow : m.role == "roles/iam.workloadIdentityUser"])
    error_message = "The workflows act as the accounts and can't make keys of them."
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.deployer[0].role == "roles/run.developer" && google_service_account_iam_member.deployer_acts_as_runtime[0].role == "roles/iam.serviceAccountUser" && google_artifact_registry_repository_iam_member.deployer[0].role == "roles/artifactregistry.writer"
    error_message = "The pipeline has one service, one account and one repository."
  }
  assert {
    condition     = toset(keys(google_project_iam_member.deployer)) == toset(["roles/monitoring.viewer", "roles/logging.logWriter"])
    error_message = "In the project it reads metrics and writes its build's log, and that is all."
  }
  assert {
    condition     = alltrue([for m in google_project_iam_member.planner : can(regex("(viewer|Viewer|reader|Reviewer|browser|Consumer)$", m.role))])
    error_message = "The check for drift reads."
  }
  assert {
    condition     = output.pipeline.GCP_IMAGE == "us-central1-docker.pkg.dev/library-team/stackroom/stackroom" && output.pipeline.GCP_TARGETS == jsonencode([{ region = "us-central1", smoke_url = "https://candidate.library.example.org" }])
    error_message = "The pipeline knows the images' repository, and the candidate's host behind the load balancer."
  }
  assert {
    condition     = output.pipeline.GCP_SMOKE_SECRET == "stackroom-stackroom-probe-token" && output.pipeline.GCP_ID_TOKEN_AUDIENCE == null
    error_message = "Where people sign in, the pipeline asks /probe."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.probe_token[0].role == "roles/secretmanager.secretAccessor" && google_secret_manager_secret_iam_member.probe_token[0].secret_id == "stackroom-stackroom-probe-token"
    error_message = "The pipeline reads the probe's token and no other secret."
  }
  assert {
    condition     = google_billing_account_iam_member.planner[0].role == "roles/billing.viewer" && google_billing_account_iam_member.planner[0].billing_account_id == "012345-6789AB-CDEF01"
    error_message = "The check for drift can read the budget."
  }
}

run "the_edge" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.server[0].ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "No request gets around the load balancer."
  }
  assert {
    condition     = alltrue([for b in google_compute_backend_service.server : b.security_policy == "projects/library-team/global/securityPolicies/stackroom"])
    error_message = "Both hosts are behind Cloud Armor."
  }
  assert {
    condition     = google_compute_region_network_endpoint_group.server["candidate"].cloud_run[0].tag == "candidate" && google_compute_region_network_endpoint_group.server["stable"].cloud_run[0].tag != "candidate"
    error_message = "The candidate of a deploy has a host of its own."
  }
  assert {
    condition     = toset([for r in google_compute_security_policy.edge[0].rule : "${r.priority} ${r.action}"]) == toset(["100 deny(403)", "200 throttle", "2147483647 allow"])
    error_message = "Some are turned away, the others may come so often."
  }
  assert {
    condition     = google_compute_ssl_policy.edge[0].min_tls_version == "TLS_1_2" && toset(google_compute_managed_ssl_certificate.edge[0].managed[0].domains) == toset(["library.example.org", "candidate.library.example.org"])
    error_message = "A managed certificate for both hosts, and no old TLS."
  }
  assert {
    condition     = { for h, r in google_dns_record_set.edge : r.name => r.rrdatas[0] } == { "library.example.org." = "203.0.113.7", "candidate.library.example.org." = "203.0.113.7" }
    error_message = "Both hosts lead to the load balancer."
  }
  assert {
    condition     = length(google_compute_global_forwarding_rule.entrance) == 0 && length(google_dns_record_set.ipv6) == 0 && length(google_compute_backend_service.server["stable"].iap) == 0 && length(google_compute_backend_service.server["stable"].outlier_detection) == 0
    error_message = "No IPv6, no redirect, no proxy and no second region unless asked for."
  }
}

run "only_some_addresses" {
  command = plan

  variables {
    blocked_addresses = []
    allowed_addresses = ["203.0.113.0/24"]
  }

  assert {
    condition     = toset([for r in google_compute_security_policy.edge[0].rule : "${r.priority} ${r.action} ${join(",", r.match[0].config[0].src_ip_ranges)}"]) == toset(["200 throttle 203.0.113.0/24", "2147483647 deny(403) *"])
    error_message = "With allowed_addresses no other address is accepted."
  }
}

run "telemetry_with_a_collector" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_service.server[0].template[0].containers) == 2 && google_cloud_run_v2_service.server[0].template[0].containers[1].depends_on == tolist(["stackroom"]) && length(google_cloud_run_v2_service.server[0].template[0].containers[1].ports) == 0
    error_message = "The collector starts after the server and has no port outside."
  }
  assert {
    condition     = length([for e in google_cloud_run_v2_service.server[0].template[0].containers[1].env : e if can(yamldecode(e.value).service.pipelines.traces.exporters)]) == 1
    error_message = "The collector's configuration is YAML."
  }
  assert {
    condition     = toset(keys(google_project_iam_member.runtime)) == toset(["roles/telemetry.tracesWriter", "roles/monitoring.metricWriter"])
    error_message = "The server may write telemetry."
  }
}

run "telemetry_without_one" {
  command = plan

  variables {
    telemetry       = "direct"
    collector_image = null
  }

  assert {
    condition     = contains([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : "${e.name}=${e.value}"], "OTEL_EXPORTER_OTLP_ENDPOINT=https://telemetry.googleapis.com")
    error_message = "The server writes to Google's Telemetry API itself."
  }
  assert {
    condition     = toset(keys(google_project_iam_member.runtime)) == toset(["roles/telemetry.tracesWriter", "roles/telemetry.metricsWriter"])
    error_message = "The server may write telemetry."
  }
}

run "alerts" {
  command = plan

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.burn)) == toset(["availability-fast", "availability-slow", "latency-fast", "latency-slow"])
    error_message = "Each objective has a fast and a slow alert."
  }
  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.burn : p.combiner == "AND" && length(p.conditions) == 3])
    error_message = "A burn alert needs two windows that burn, and enough requests."
  }
  assert {
    condition = { for key, p in google_monitoring_alert_policy.burn : key => [
      for c in p.conditions : "${c.condition_threshold[0].threshold_value} ${c.condition_threshold[0].aggregations[0].alignment_period} ${c.condition_threshold[0].aggregations[0].per_series_aligner}"
      if length(c.condition_threshold[0].aggregations) > 0
      ] } == {
      availability-fast = ["49 3600s ALIGN_DELTA"], availability-slow = ["49 21600s ALIGN_DELTA"],
      latency-fast      = ["49 3600s ALIGN_DELTA"], latency-slow = ["49 21600s ALIGN_DELTA"],
    }
    error_message = "Fewer than 50 requests in the long window send no alert."
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.log)) == toset(["breaker", "key", "memory", "crash", "reader"])
    error_message = "An open breaker, a refused key, a crash, a lack of memory and an unexpected reader of secrets alert."
  }
  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.log : p.notification_channels == tolist(["projects/library-team/notificationChannels/1"]) && p.alert_strategy[0].notification_rate_limit[0].period == "3600s"])
    error_message = "An alert is sent at most hourly."
  }
  assert {
    condition     = { for key, c in google_monitoring_uptime_check_config.server : key => "${c.http_check[0].path} ${c.period}" } == { ready = "/ready 300s" }
    error_message = "The uptime check asks /ready every five minutes."
  }
  assert {
    condition     = google_monitoring_alert_policy.uptime["ready"].conditions[0].condition_threshold[0].aggregations[0].alignment_period == "1200s"
    error_message = "The alert looks at a window that holds at least two checks."
  }
  assert {
    condition     = var.budget.currency == null
    error_message = "The budget is in the billing account's currency."
  }
  assert {
    condition = alltrue([
      for p in concat(values(google_monitoring_alert_policy.burn), values(google_monitoring_alert_policy.log), values(google_monitoring_alert_policy.uptime), google_monitoring_alert_policy.rotation) :
      startswith(p.documentation[0].links[0].url, "https://github.com/example/stackroom/blob/main/docs/runbooks.md#")
    ])
    error_message = "Every alert links to its runbook."
  }
  assert {
    condition     = [for r in google_billing_budget.month[0].threshold_rules : r.threshold_percent] == [0.5, 0.9, 1] && google_billing_budget.month[0].amount[0].specified_amount[0].units == "50"
    error_message = "The budget is told at a half, nine tenths and all of it."
  }
}

run "the_probe" {
  command = plan

  variables {
    probe_period_seconds = 900
    secret_values        = { STACKROOM_PROBE_TOKEN = "never-in-the-state" }
    secret_generations   = { STACKROOM_PROBE_TOKEN = 2 }
  }

  assert {
    condition     = { for key, c in google_monitoring_uptime_check_config.server : key => "${c.http_check[0].path} ${c.period}" } == { ready = "/ready 300s", probe = "/probe 900s" }
    error_message = "A search over the sample is run from outside."
  }
  assert {
    condition     = [for a in google_monitoring_uptime_check_config.server["probe"].http_check[0].auth_info : "${a.username} ${a.password_wo_version} ${a.password == null} ${a.password_wo == null}"] == ["probe 2 true true"]
    error_message = "The token is in no plan and no state."
  }
  assert {
    condition     = google_monitoring_alert_policy.uptime["probe"].conditions[0].condition_threshold[0].aggregations[0].alignment_period == "1800s" && endswith(google_monitoring_alert_policy.uptime["probe"].documentation[0].links[0].url, "#probe")
    error_message = "A search that fails alerts."
  }
}

run "a_generation_without_its_value" {
  command = plan

  variables {
    secret_generations = { STACKROOM_MASTER_KEY = 1 }
  }

  assert {
    condition     = google_secret_manager_secret_version.setting["STACKROOM_MASTER_KEY"].secret_data_wo_version == 1
    error_message = "A later plan, such as the check for drift, needs no value."
  }
}

run "the_smoke_token" {
  command = plan

  variables {
    auth            = "tokens"
    secrets         = ["ZOTERO_API_KEY"]
    secret_versions = {}
  }

  assert {
    condition     = google_secret_manager_secret.smoke_token[0].secret_id == "stackroom-smoke-token" && google_secret_manager_secret_iam_member.smoke_token[0].role == "roles/secretmanager.secretAccessor"
    error_message = "With tokens the pipeline asks a question with one of its own."
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret.setting)) == toset(["STACKROOM_TOKENS", "ZOTERO_API_KEY"])
    error_message = "Further secrets are kept beside those of the sign-in."
  }
}
