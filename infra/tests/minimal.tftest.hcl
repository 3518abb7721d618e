# The least: a project and a first image. Nothing that is paid while idle.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project = "library-team"
  image   = "europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
}

run "the_service" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.server[0].scaling[0].min_instance_count == 0 && google_cloud_run_v2_service.server[0].scaling[0].max_instance_count == 4
    error_message = "Idle costs nothing, and there is a bound to the bill."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].cpu_idle && google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].startup_cpu_boost
    error_message = "The processor is paid while a request is answered, and boosted at start."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].service_account == "stackroom-mock@library-team.iam.gserviceaccount.com"
    error_message = "The server runs as an account of its own, not as the project's default one."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].timeout == "90s" && google_cloud_run_v2_service.server[0].template[0].max_instance_request_concurrency == 80
    error_message = "A request takes at most 90 s, and an instance handles 80 at a time."
  }
  assert {
    condition = (
      google_cloud_run_v2_service.server[0].template[0].containers[0].startup_probe[0].http_get[0].path == "/ready" &&
      google_cloud_run_v2_service.server[0].template[0].containers[0].readiness_probe[0].http_get[0].path == "/ready" &&
      google_cloud_run_v2_service.server[0].template[0].containers[0].liveness_probe[0].http_get[0].path == "/health"
    )
    error_message = "All three probes go over HTTP; Cloud Run refuses a liveness probe over TCP."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.server[0].template[0].containers) == 1 && google_cloud_run_v2_service.server[0].ingress == "INGRESS_TRAFFIC_ALL"
    error_message = "No collector beside it and no load balancer before it."
  }
  assert {
    condition     = !google_cloud_run_v2_service.server[0].template[0].session_affinity
    error_message = "Any instance answers anybody."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].deletion_protection
    error_message = "The service can't be destroyed by mistake."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].limits == tomap({ cpu = "1", memory = "512Mi" })
    error_message = "Processor and memory are those of the inputs."
  }
  assert {
    condition = alltrue([
      for p in google_cloud_run_v2_service.server[0].template[0].containers[0].startup_probe :
      p.period_seconds * p.failure_threshold >= 150 && p.period_seconds * p.failure_threshold <= 240
    ])
    error_message = "A start may take the two minutes in which the server retries PermissionDenied, and less than Cloud Run's bound of four."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.server) == 1 && length(google_cloud_run_v2_service.server[0].template[0].vpc_access) == 0 && length(google_cloud_run_v2_service.server[0].binary_authorization) == 0
    error_message = "One region, no network and no Binary Authorization."
  }
}

run "another_size" {
  command = plan

  variables {
    cpu             = 2
    memory_mib      = 4096
    concurrency     = 40
    timeout_seconds = 120
    min_instances   = 2
    max_instances   = 7
  }

  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].containers[0].resources[0].limits == tomap({ cpu = "2", memory = "4096Mi" })
    error_message = "Processor and memory are those of the inputs."
  }
  assert {
    condition     = contains([for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : "${e.name}=${e.value}"], "GOMEMLIMIT=3276MiB")
    error_message = "The Go heap is limited to four fifths of the memory."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].template[0].max_instance_request_concurrency == 40 && google_cloud_run_v2_service.server[0].template[0].timeout == "120s"
    error_message = "Concurrency and time limit are those of the inputs."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].scaling[0].min_instance_count == 2 && google_cloud_run_v2_service.server[0].scaling[0].max_instance_count == 7
    error_message = "The bounds of instances are those of the inputs."
  }
}

run "its_environment" {
  command = plan

  assert {
    condition = { for e in google_cloud_run_v2_service.server[0].template[0].containers[0].env : e.name => e.value } == {
      GOMEMLIMIT           = "409MiB"
      GOOGLE_CLOUD_PROJECT = "library-team"
      STACKROOM_AUTH       = "tokens"
      STACKROOM_PUBLIC_URL = "https://stackroom-123456789012.europe-west1.run.app"
      STACKROOM_TOKENS     = "sm://projects/library-team/secrets/stackroom-stackroom-tokens/versions/latest"
    }
    error_message = "The environment is what sign-in with tokens needs: the secret as a reference, and no telemetry."
  }
  assert {
    condition     = output.url == "https://stackroom-123456789012.europe-west1.run.app/mcp"
    error_message = "The team gets the MCP URL."
  }
}

run "who_may_what" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.server[0].invoker_iam_disabled && length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "Requests reach the server, which asks for a token, without a grant to allUsers."
  }
  assert {
    condition     = length(google_project_iam_member.runtime) == 0
    error_message = "The server has no role in the project."
  }
  assert {
    condition     = [for m in google_secret_manager_secret_iam_member.runtime : "${m.secret_id} ${m.role} ${m.member}"] == ["stackroom-stackroom-tokens roles/secretmanager.secretAccessor serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"]
    error_message = "It reads its one secret, and that one alone."
  }

  assert {
    condition     = [for m in google_secret_manager_secret_iam_member.runtime_dates : "${m.secret_id} ${m.role} ${m.member}"] == ["stackroom-stackroom-tokens roles/secretmanager.viewer serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"]
    error_message = "The server may see when its own secrets' versions were made."
  }
  assert {
    condition     = length(google_service_account.deployer) == 0 && length(google_iam_workload_identity_pool.github) == 0 && length(google_service_account.planner) == 0
    error_message = "There is no pipeline unless a repository is named."
  }
}

run "what_is_not_there" {
  command = plan

  assert {
    condition     = length(google_compute_global_forwarding_rule.edge) == 0 && length(google_compute_security_policy.edge) == 0 && length(google_compute_backend_service.server) == 0 && length(google_compute_global_address.edge) == 0
    error_message = "No load balancer without a domain."
  }
  assert {
    condition     = length(google_storage_bucket.state) == 0
    error_message = "No bucket without sign-in by Zotero."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.burn) == 0 && length(google_monitoring_alert_policy.log) == 0 && length(google_monitoring_uptime_check_config.server) == 0 && length(google_billing_budget.month) == 0 && length(google_pubsub_topic.rotation) == 0
    error_message = "No alerts and no uptime check without an address."
  }
  assert {
    condition     = length(google_secret_manager_secret_version.setting) == 0
    error_message = "No value of a secret passes through Terraform unless asked."
  }
  assert {
    condition     = length(setintersection(keys(google_project_service.api), ["compute.googleapis.com", "pubsub.googleapis.com", "cloudbuild.googleapis.com", "billingbudgets.googleapis.com"])) == 0
    error_message = "Only the interfaces that are used are enabled."
  }
}

run "images" {
  command = plan

  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "A tag can't be moved to another image."
  }
  assert {
    condition     = toset([for p in google_artifact_registry_repository.images.cleanup_policies : p.action]) == toset(["KEEP", "DELETE"])
    error_message = "Old images are deleted, the newest are kept."
  }
  assert {
    condition     = [for p in google_artifact_registry_repository.images.cleanup_policies : p.most_recent_versions[0].keep_count if p.action == "KEEP"] == [100]
    error_message = "The newest 100 versions are kept, which are about 25 deploys with their signatures and lists."
  }
}

run "objectives_and_dashboard" {
  command = plan

  assert {
    condition     = google_monitoring_slo.availability.goal == 0.995 && google_monitoring_slo.latency.goal == 0.95 && google_monitoring_slo.latency.rolling_period_days == 28
    error_message = "There are objectives for availability and latency."
  }
  assert {
    condition     = google_monitoring_slo.latency.request_based_sli[0].distribution_cut[0].range[0].max == 2000
    error_message = "Cloud Run counts latency in milliseconds."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.server.dashboard_json).mosaicLayout.tiles) <= 50
    error_message = "A dashboard has at most 50 widgets (Cloud Monitoring's bound)."
  }
  assert {
    condition     = alltrue([for t in jsondecode(google_monitoring_dashboard.server.dashboard_json).mosaicLayout.tiles : t.xPos + t.width <= 12])
    error_message = "Every widget lies within the dashboard's twelve columns."
  }
  assert {
    condition     = strcontains(google_monitoring_dashboard.server.dashboard_json, "mcp_tool_executions_total")
    error_message = "The dashboard shows the product's own metrics."
  }
}

run "counts_for_the_canary" {
  command = plan

  assert {
    condition     = google_logging_metric.tool_calls.name == "stackroom-tool-calls" && google_logging_metric.tool_calls.label_extractors.outcome == "EXTRACT(jsonPayload.outcome)" && strcontains(google_logging_metric.tool_calls.filter, "jsonPayload.log_type=\"audit\"")
    error_message = "The pipeline can count tool calls by outcome (scripts/canary.sh)."
  }
  assert {
    condition     = google_logging_metric.crashes.name == "stackroom-crashes" && strcontains(google_logging_metric.crashes.filter, "startup probe failed")
    error_message = "The pipeline can count crashes."
  }
}

run "a_private_one_without_sign_in" {
  command = plan

  variables {
    auth   = "none"
    public = false
  }

  assert {
    condition     = !google_cloud_run_v2_service.server[0].invoker_iam_disabled && length(google_cloud_run_v2_service_iam_member.invoker) == 0 && length(google_secret_manager_secret.setting) == 0
    error_message = "Without sign-in Cloud Run asks for an identity token of an account with roles/run.invoker."
  }
  assert {
    condition     = google_cloud_run_v2_service.server[0].custom_audiences == tolist(["https://stackroom-123456789012.europe-west1.run.app"])
    error_message = "Identity tokens are for the service's URL."
  }
}

run "a_private_one_with_a_pipeline" {
  command = plan

  variables {
    auth         = "none"
    public       = false
    github       = { repository = "example/stackroom", repository_id = "1234567", owner_id = "7654321" }
    alert_emails = ["ops@example.org"]
  }

  assert {
    condition = { for key, m in google_cloud_run_v2_service_iam_member.invoker : key => "${m.role} ${m.member}" } == {
      pipeline-0   = "roles/run.invoker serviceAccount:stackroom-mock@library-team.iam.gserviceaccount.com"
      monitoring-0 = "roles/run.invoker serviceAccount:service-123456789012@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
    }
    error_message = "The pipeline and the uptime check may send requests."
  }
  assert {
    condition     = google_monitoring_uptime_check_config.server["ready"].http_check[0].service_agent_authentication[0].type == "OIDC_TOKEN"
    error_message = "The uptime check sends an identity token."
  }
  assert {
    condition     = output.pipeline.GCP_ID_TOKEN_AUDIENCE == "https://stackroom-123456789012.europe-west1.run.app" && output.pipeline.GCP_SMOKE_SECRET == null
    error_message = "The pipeline gets an identity token for the service, and needs no other."
  }
}
